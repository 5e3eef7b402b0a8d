import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { OperationRecord } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { countDescriptors, EVERYTHING, makeFolder, openHost, outcome } from '../open-host.js';

const ENSURE = 'config.ensureSection';

describe('config.ensureSection', () => {
  it('changes a section, and only what is needed', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'app.json'), '{\n    "a": {\n        "x": 1\n    },\n    "b": [1, 2]\n}\n', {
      mode: 0o600,
    });
    const { call } = openHost(root, EVERYTHING);
    expect(await call(ENSURE, 'app.json', { pointer: '/a', value: { y: 2 } })).toEqual({ changed: true });
    expect(readFileSync(join(root, 'app.json'), 'utf8')).toBe(
      '{\n    "a": {\n        "x": 1,\n        "y": 2\n    },\n    "b": [1, 2]\n}\n',
    );
    expect(statSync(join(root, 'app.json')).mode & 0o777).toBe(0o600);
    expect(await call(ENSURE, 'new.json', { pointer: '/a', value: 1 })).toEqual({ changed: true });
    expect(readFileSync(join(root, 'new.json'), 'utf8')).toBe('{\n  "a": 1\n}\n');
    expect(readdirSync(root).sort()).toEqual(['app.json', 'new.json']);
  });

  it('writes nothing where the section is so already', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'app.json'), '{"a":{"y":[1],"x":{}}}');
    utimesSync(join(root, 'app.json'), 1, 1);
    const told: OperationRecord[] = [];
    const { call, meter } = openHost(root, EVERYTHING, { operations: (record) => told.push(record) });
    const before = factsOf(join(root, 'app.json'));
    for (const strategy of ['keep', 'merge', 'replace']) {
      const section = { pointer: '/a', value: { x: {}, y: [1] }, strategy };
      expect(await call(ENSURE, 'app.json', section)).toEqual({ changed: false });
    }
    expect(await call(ENSURE, 'app.json', { pointer: '/a', value: 7, strategy: 'keep' })).toEqual({ changed: false });
    expect(factsOf(join(root, 'app.json'))).toEqual(before);
    expect([meter.used('maxEntriesWritten'), meter.used('maxBytesWritten'), told]).toEqual([0, 0, []]);
  });

  it('needs to read and to write the path, and is audited for both', async () => {
    const root = makeFolder();
    const section = { pointer: '/a', value: 1 };
    const reader = openHost(root, { fs: { mode: 'read', allow: ['.'] } });
    expect(await outcome(reader.call(ENSURE, 'a.json', section))).toBe('ERR_PERMISSION_DENIED read-only');
    const { audits, call } = openHost(root, { fs: { mode: 'readWrite', allow: ['.'], deny: ['secret'] } });
    expect(await outcome(call(ENSURE, 'secret/a.json', section))).toBe('ERR_PERMISSION_DENIED denied-by-rule');
    expect(await outcome(call(ENSURE, '../a.json', section))).toBe('ERR_PERMISSION_DENIED outside-root');
    expect(await outcome(call(ENSURE, '.git/config', section))).toBe('ERR_PERMISSION_DENIED mandatory-deny');
    expect(await outcome(call(ENSURE, 'a.json', section))).toBe('resolved: {"changed":true}');
    expect(audits.slice(-2).map(({ operation, target, decision }) => [operation, target, decision.allowed])).toEqual([
      ['read', 'a.json', true],
      ['write', 'a.json', true],
    ]);
    expect(readdirSync(root)).toEqual(['a.json']);
  });

  it('goes through no link, onto no second name, and into no folder', async () => {
    const outer = makeFolder();
    const root = join(outer, 'ws');
    mkdirSync(join(root, 'folder'), { recursive: true });
    writeFileSync(join(outer, 'victim.json'), '{}');
    symlinkSync('../victim.json', join(root, 'link.json'));
    symlinkSync('..', join(root, 'up'));
    linkSync(join(outer, 'victim.json'), join(root, 'hard.json'));
    const { call } = openHost(root, EVERYTHING);
    const section = { pointer: '/a', value: 1 };
    expect(await outcome(call(ENSURE, 'link.json', section))).toBe('ERR_PERMISSION_DENIED link');
    expect(await outcome(call(ENSURE, 'up/victim.json', section))).toBe('ERR_PERMISSION_DENIED link');
    expect(await outcome(call(ENSURE, 'hard.json', section))).toBe('ERR_PERMISSION_DENIED hard-link');
    expect(await outcome(call(ENSURE, 'folder', section))).toBe('ERR_IO_FAILED EISDIR');
    expect(await outcome(call(ENSURE, 'none/a.json', section))).toBe('ERR_IO_FAILED ENOENT');
    expect(readFileSync(join(outer, 'victim.json'), 'utf8')).toBe('{}');
  });

  it('refuses what is malformed, and shows nothing of the file', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'a.json'), '{"token": s3cret}');
    writeFileSync(join(root, 'latin.json'), Buffer.from([0x22, 0xe4, 0x22]));
    writeFileSync(join(root, 'large.json'), `"${'x'.repeat(1_048_576)}"`);
    const { call } = openHost(root, EVERYTHING);
    const error: unknown = await call(ENSURE, 'a.json', { pointer: '/a', value: 1 }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', details: { line: 1, column: 11 } });
    expect(JSON.stringify([error, String(error)])).not.toContain('s3cret');
    expect(await outcome(call(ENSURE, 'latin.json', { pointer: '', value: 1 }))).toBe('ERR_INVALID_ARGUMENT');
    expect(await outcome(call(ENSURE, 'large.json', { pointer: '', value: 1 }))).toBe('ERR_OUTPUT_EXCEEDED');
    const large = { pointer: '', value: 'x'.repeat(1_048_576) };
    expect(await outcome(call(ENSURE, 'b.json', large))).toBe('ERR_INVALID_ARGUMENT');
    for (const section of [
      undefined,
      {},
      { pointer: 7, value: 1 },
      { pointer: '/a' },
      { pointer: '/a', value: 1, strategy: 'deep' },
      { pointer: '/a', value: 1, mode: 0o777 },
      { pointer: '/__proto__/polluted', value: 1 },
      { pointer: '/a', value: JSON.parse('{"__proto__":{"polluted":1}}') as unknown },
    ]) {
      expect(await outcome(call(ENSURE, 'b.json', section))).toBe('ERR_INVALID_ARGUMENT');
    }
    expect('polluted' in {}).toBe(false);
    expect(readdirSync(root).sort()).toEqual(['a.json', 'large.json', 'latin.json']);
  });

  it('loses no update of 40 calls of one run, nor of two runs on one file', async () => {
    const root = makeFolder();
    const hosts = [openHost(root, EVERYTHING), openHost(root, EVERYTHING)];
    const before = countDescriptors();
    const results = await Promise.all(
      hosts.flatMap(({ call }, run) =>
        Array.from({ length: 20 }, (_, n) => call(ENSURE, 'a.json', { pointer: `/${run}/${n}`, value: n })),
      ),
    );
    expect(results).toEqual(Array.from({ length: 40 }, () => ({ changed: true })));
    const numbers = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [n, n]));
    expect(JSON.parse(readFileSync(join(root, 'a.json'), 'utf8'))).toEqual({ 0: numbers, 1: numbers });
    expect(readdirSync(root)).toEqual(['a.json']);
    // Both runs hold their root.
    expect(countDescriptors()).toBeLessThanOrEqual(before + 2);
  });

  it('charges what it reads and writes, and gives back what it did not write', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'a.json'), '{}');
    const quotas = { maxBytesWritten: 20, maxEntriesWritten: 2 };
    const { call, meter } = openHost(root, { ...EVERYTHING, quotas });
    await call(ENSURE, 'a.json', { pointer: '/a', value: 1 });
    expect([meter.used('maxBytesRead'), meter.used('maxBytesWritten'), meter.used('maxEntriesWritten')]).toEqual([
      2, 12, 1,
    ]);
    expect(await outcome(call(ENSURE, 'a.json', { pointer: '/b', value: 1 }))).toBe('ERR_QUOTA_EXCEEDED');
    expect([meter.used('maxBytesWritten'), meter.used('maxEntriesWritten')]).toEqual([12, 1]);
    expect(readFileSync(join(root, 'a.json'), 'utf8')).toBe('{\n  "a": 1\n}');
  });

  it('is recorded, and in a dry run changes nothing but what the run reads', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'a.json'), '{"a":1}');
    const told: OperationRecord[] = [];
    const { call } = openHost(root, EVERYTHING, { dryRun: true, operations: (record) => told.push(record) });
    expect(await call(ENSURE, 'a.json', { pointer: '/b', value: 2 })).toEqual({ changed: true });
    expect(await call(ENSURE, 'a.json', { pointer: '/b', value: 2 })).toEqual({ changed: false });
    expect(await call('fs.readFile', 'a.json', 'utf8')).toBe('{"a":1,"b":2}');
    expect(readFileSync(join(root, 'a.json'), 'utf8')).toBe('{"a":1}');
    expect(told).toMatchObject([
      { name: ENSURE, target: 'a.json', before: { bytes: 7 }, after: { bytes: 13 }, reversible: false, dryRun: true },
    ]);
  });
});

/** Whatever a write would change; looking changes the time of access. */
function factsOf(file: string): readonly unknown[] {
  const { ino, size, mode, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  return [ino, size, mode, mtimeNs, ctimeNs];
}
