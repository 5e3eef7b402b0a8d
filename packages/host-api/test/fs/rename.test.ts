import { existsSync, linkSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EVERYTHING, makeFolder, openHost, outcome } from '../open-host.js';

describe('fs.rename', () => {
  it('moves files and directories, and replaces files', async () => {
    const root = makeFolder();
    mkdirSync(join(root, 'from/sub'), { recursive: true });
    for (const name of ['a', 'b', 'from/sub/c']) writeFileSync(join(root, name), name);
    const { call, meter } = openHost(root, EVERYTHING);
    await call('fs.rename', 'a', 'b');
    await call('fs.rename', 'from', 'to');
    expect(readdirSync(root).sort()).toEqual(['b', 'to']);
    expect(readFileSync(join(root, 'b'), 'utf8')).toBe('a');
    expect(readFileSync(join(root, 'to/sub/c'), 'utf8')).toBe('from/sub/c');
    expect(meter.used('maxEntriesWritten')).toBe(2);
    expect(await outcome(call('fs.rename', 'b', 'to'))).toMatch(/^ERR_IO_FAILED EISDIR/);
    expect(await outcome(call('fs.rename', 'to', 'to/in'))).toBe('ERR_IO_FAILED EINVAL');
  });

  it('needs both ends', async () => {
    const root = makeFolder();
    mkdirSync(join(root, 'mine'));
    mkdirSync(join(root, 'theirs'));
    writeFileSync(join(root, 'mine/a'), 'a');
    writeFileSync(join(root, 'theirs/b'), 'b');
    const { call } = openHost(root, { fs: { mode: 'readWrite', allow: ['mine'] } });
    expect(await outcome(call('fs.rename', 'mine/a', 'theirs/a'))).toBe('ERR_PERMISSION_DENIED not-requested');
    expect(await outcome(call('fs.rename', 'theirs/b', 'mine/b'))).toBe('ERR_PERMISSION_DENIED not-requested');
    expect(await outcome(call('fs.rename', 'mine/a', '../a'))).toBe('ERR_PERMISSION_DENIED outside-root');
    expect([readdirSync(join(root, 'mine')), readdirSync(join(root, 'theirs'))]).toEqual([['a'], ['b']]);
  });

  it('carries no denied file to where it could be read, and none to where it may not be', async () => {
    const root = makeFolder();
    mkdirSync(join(root, 'data/private'), { recursive: true });
    mkdirSync(join(root, 'plain'));
    writeFileSync(join(root, 'data/private/key'), 'KEY');
    writeFileSync(join(root, 'plain/hooks'), 'x');
    const { call } = openHost(root, { fs: { mode: 'readWrite', allow: ['.'], deny: ['**/private', 'out/hooks'] } });
    expect(await outcome(call('fs.rename', 'data', 'x'))).toMatch(/^ERR_PERMISSION_DENIED /);
    expect(await outcome(call('fs.rename', 'plain', 'out'))).toBe('ERR_PERMISSION_DENIED denied-by-rule');
    expect(readdirSync(root).sort()).toEqual(['data', 'plain']);
  });

  it('moves no link and replaces none', async () => {
    const outer = makeFolder();
    mkdirSync(join(outer, 'ws'));
    writeFileSync(join(outer, 'victim'), 'v');
    writeFileSync(join(outer, 'ws/a'), 'a');
    symlinkSync('../victim', join(outer, 'ws/link'));
    linkSync(join(outer, 'victim'), join(outer, 'ws/hard'));
    const { call } = openHost(join(outer, 'ws'), EVERYTHING);
    expect(await outcome(call('fs.rename', 'link', 'moved'))).toBe('ERR_PERMISSION_DENIED link');
    expect(await outcome(call('fs.rename', 'a', 'link'))).toBe('ERR_PERMISSION_DENIED link');
    expect(await outcome(call('fs.rename', 'a', 'hard'))).toBe('ERR_PERMISSION_DENIED hard-link');
    expect(await outcome(call('fs.rename', '.', 'x'))).toMatch(/^ERR_/);
    expect(readFileSync(join(outer, 'victim'), 'utf8')).toBe('v');
  });

  it('refuses links that were moved so that they lead out', async () => {
    const outer = makeFolder();
    mkdirSync(join(outer, 'ws/a/b'), { recursive: true });
    writeFileSync(join(outer, 'x'), 'SECRET');
    symlinkSync('../../x', join(outer, 'ws/a/b/link'));
    const { call } = openHost(join(outer, 'ws'), EVERYTHING);
    await call('fs.rename', 'a/b', 'b');
    expect(await outcome(call('fs.readFile', 'b/link'))).toBe('ERR_PERMISSION_DENIED link');
  });

  it('moves no file that another call puts into the folder meanwhile', async () => {
    const root = makeFolder();
    makeStage(root);
    const { call } = openHost(root, { fs: { mode: 'readWrite', allow: ['.'], deny: ['app/config.json'] } });
    const results = await Promise.all([
      outcome(call('fs.rename', 'stage', 'app')),
      ...Array.from({ length: 20 }, () => outcome(call('fs.appendFile', 'stage/config.json', '{}'))),
    ]);

    expect(results).toEqual(['resolved: undefined', ...Array.from({ length: 20 }, () => 'ERR_IO_FAILED ENOENT')]);
    expect(existsSync(join(root, 'app/config.json'))).toBe(false);
  });

  it('waits for what was called before it', async () => {
    const root = makeFolder();
    makeStage(root);
    const { call } = openHost(root, { fs: { mode: 'readWrite', allow: ['.'], deny: ['app/config.json'] } });
    const appended = call('fs.appendFile', 'stage/config.json', '{}');
    const renamed = outcome(call('fs.rename', 'stage', 'app'));

    expect(await appended).toBe(undefined);
    expect(await renamed).toBe('ERR_PERMISSION_DENIED denied-by-rule');
    expect(readFileSync(join(root, 'stage/config.json'), 'utf8')).toBe('{}');
  });

  it.each([
    ['a file', (stage: string) => writeFileSync(join(stage, 'config.json'), '{}')],
    // Some of these are walked through before, and some after.
    [
      'files further below',
      (stage: string) => readdirSync(stage).forEach((name) => writeFileSync(join(stage, name, 'x'), '')),
    ],
    ['a folder', (stage: string) => mkdirSync(join(stage, 'config.json'))],
    ['a link', (stage: string) => symlinkSync('/etc/passwd', join(stage, 'link'))],
  ])('moves nothing where another run puts %s into the folder meanwhile', async (_, put) => {
    const root = makeFolder();
    makeStage(root);
    const { call } = openHost(root, { fs: { mode: 'readWrite', allow: ['.'], deny: ['app/config.json'] } });
    const renamed = outcome(call('fs.rename', 'stage', 'app'));
    // The folder is listed in the turn that the call was made in, and the walk over those below takes several.
    setImmediate(() => put(join(root, 'stage')));

    expect(await renamed).toBe('ERR_IO_FAILED EBUSY');
    expect(existsSync(join(root, 'app'))).toBe(false);
  });
});

/** A folder of so many that a walk over it takes several turns. */
function makeStage(root: string): void {
  for (let n = 0; n < 200; n += 1) mkdirSync(join(root, `stage/folder-${n}`), { recursive: true });
}
