import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureSection } from '../../src/index.js';
import { countDescriptors, makeFolder, outcome } from '../open-host.js';

describe('ensureSection for a host', () => {
  it('changes a file of its own, keeps its mode, and does nothing twice', async () => {
    const file = join(makeFolder(), 'config.json');
    expect(await ensureSection(file, { pointer: '/a', value: { x: 1 } })).toEqual({ changed: true });
    chmodSync(file, 0o600);
    expect(await ensureSection(file, { pointer: '/a', value: { y: 2 }, strategy: 'merge' })).toEqual({ changed: true });
    const before = factsOf(file);
    expect(await ensureSection(file, { pointer: '/a/x', value: 1, strategy: 'replace' })).toEqual({ changed: false });
    expect(factsOf(file)).toEqual(before);
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual([
      '{\n  "a": {\n    "x": 1,\n    "y": 2\n  }\n}\n',
      0o600,
    ]);
  });

  it('follows links to the folder, and none to the file', async () => {
    const outer = makeFolder();
    mkdirSync(join(outer, 'real'));
    symlinkSync('real', join(outer, 'link'));
    writeFileSync(join(outer, 'victim.json'), '{}');
    symlinkSync('../victim.json', join(outer, 'real/link.json'));
    expect(await ensureSection(join(outer, 'link/a.json'), { pointer: '', value: {} })).toEqual({ changed: true });
    const refused = ensureSection(join(outer, 'link/link.json'), { pointer: '/a', value: 1 });
    expect(await outcome(refused)).toBe('ERR_PERMISSION_DENIED link');
    expect(readFileSync(join(outer, 'victim.json'), 'utf8')).toBe('{}');
    expect(readdirSync(join(outer, 'real')).sort()).toEqual(['a.json', 'link.json']);
  });

  it('loses no update of many at once, and leaves no descriptor open', async () => {
    const file = join(makeFolder(), 'config.json');
    const before = countDescriptors();
    await Promise.all(Array.from({ length: 30 }, (_, n) => ensureSection(file, { pointer: `/${n}`, value: n })));
    const all = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [n, n]));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(all);
    expect(countDescriptors()).toBe(before);
  });

  it('fails by code, and says what to change', async () => {
    const folder = makeFolder();
    const section = { pointer: '/a', value: 1 };
    expect(await outcome(ensureSection(join(folder, 'none/a.json'), section))).toBe('ERR_IO_FAILED ENOENT');
    expect(await outcome(ensureSection(folder, section))).toBe('ERR_IO_FAILED EISDIR');
    writeFileSync(join(folder, 'a.json'), '[1,]');
    expect(await outcome(ensureSection(join(folder, 'a.json'), section))).toBe('ERR_INVALID_ARGUMENT');
    const misspelt = { ...section, stratagy: 'keep' };
    await expect(ensureSection(join(folder, 'b.json'), misspelt)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      hint: expect.stringContaining('keep, replace or merge'),
    });
  });
});

/** Whatever a write would change; looking changes the time of access. */
function factsOf(file: string): readonly unknown[] {
  const { ino, size, mode, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  return [ino, size, mode, mtimeNs, ctimeNs];
}
