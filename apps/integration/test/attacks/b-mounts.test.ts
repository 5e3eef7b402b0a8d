import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pluginFile } from './arena.js';
import { wordOf } from './file-attempts.js';
import type { FileOutcome } from './file-attempts.js';

const UNSHARE = ['--user', '--map-root-user', '--mount', 'sh', '-c'];

/** Mounts in a namespace of its own, of which nobody else sees anything and which goes with its last process. */
const MOUNTS = `mount --bind "$1/outside" "$1/root/bound" && mount --bind "$1/secret.txt" "$1/root/file" &&
  mount --bind "$1/root/own" "$1/root/again" && mount -t tmpfs none "$1/root/memory" && echo new > "$1/root/memory/x"`;

const notRun = ((): string => {
  try {
    execFileSync('unshare', [...UNSHARE, 'mount -t tmpfs none /tmp'], { stdio: 'ignore' });
    return '';
  } catch {
    // Not Linux, not installed, or namespaces are refused.
    return ' (not run: no mounts can be made here)';
  }
})();

const SCRIPT = `
  import { createRuntime, inProcessSandbox } from '@kb-labs/plugin-runtime';
  const { root, pluginRoot, sameDevice, calls } = JSON.parse(process.argv[1]);
  const runtime = createRuntime({ sandbox: inProcessSandbox(), requiredConfinement: 'none', hostApi: { sameDevice } });
  const permissions = { fs: { mode: 'readWrite', allow: ['.'] } };
  const context = runtime.createContext({ capabilities: ['fs.*'], permissions, root, pluginRoot });
  const result = await runtime.execute('./handlers.js#calls', calls, context);
  await runtime[Symbol.asyncDispose]();
  console.log(JSON.stringify(result.ok ? result.data : result.error));
`;

describe.skipIf(notRun !== '')(`mounts below the root${notRun}`, () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kb-labs-mounts-')));

  beforeAll(() => {
    for (const name of ['outside', 'root/bound', 'root/own', 'root/again', 'root/memory'])
      mkdirSync(join(folder, name), { recursive: true });
    for (const name of ['outside/x', 'root/file', 'root/own/x', 'root/plain'])
      writeFileSync(join(folder, name), 'inside');
    writeFileSync(join(folder, 'secret.txt'), 'the secret');
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  /** What a guest's calls come to where those mounts are. Each call is one run of its own: `remove` does what it can. */
  function wordsOf(sameDevice: boolean, calls: readonly (readonly unknown[])[]): readonly string[] {
    const input = { root: join(folder, 'root'), pluginRoot: dirname(pluginFile('a')), sameDevice, calls };
    const command = `${MOUNTS} && exec "$2" --input-type=module -e "$3" "$4"`;
    const args = [...UNSHARE, command, 'sh', folder, process.execPath, SCRIPT, JSON.stringify(input)];
    const told = execFileSync('unshare', args, { cwd: join(import.meta.dirname, '../..'), encoding: 'utf8' });
    return (JSON.parse(told) as FileOutcome[]).map(wordOf);
  }

  it('B20 crosses them by default, for files as for folders', () => {
    const calls = ['bound/x', 'file', 'again/x', 'memory/x', 'own/x'].map((path) => ['readFile', path]);
    expect(wordsOf(false, calls)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  });

  it('B20 crosses none where the host says so, not even one of the same device', () => {
    const folders = ['bound', 'again', 'memory'].flatMap((name) => [
      ['readDir', name],
      ['stat', name],
      ['glob', `${name}/*`],
      ['readFile', `${name}/x`],
      ['writeFile', `${name}/new`, 'x'],
      ['appendFile', `${name}/x`, 'x'],
      ['mkdir', `${name}/new`],
      ['remove', name],
      ['remove', name, { recursive: true }],
      ['rename', name, 'moved'],
      ['rename', `${name}/x`, 'moved'],
      ['rename', 'plain', `${name}/x`],
      ['copy', 'plain', `${name}/x`],
    ]);
    const files = [
      ['readFile', 'file'],
      ['stat', 'file'],
      ['writeFile', 'file', 'x'],
      ['appendFile', 'file', 'x'],
      ['copy', 'file', 'copied'],
      ['copy', 'plain', 'file'],
      ['rename', 'file', 'moved'],
      ['rename', 'plain', 'file'],
      ['remove', 'file'],
    ];
    const calls = [...folders, ...files];
    expect(wordsOf(true, calls)).toEqual(calls.map(() => 'ERR_PERMISSION_DENIED mount-point'));
    expect(
      wordsOf(true, [
        ['readFile', 'own/x'],
        ['writeFile', 'own/x', 'x'],
        ['rename', 'own/x', 'own/y'],
      ]),
    ).toEqual(['ok', 'ok', 'ok']);
    expect(readFileSync(join(folder, 'secret.txt'), 'utf8')).toBe('the secret');
    expect(readFileSync(join(folder, 'outside/x'), 'utf8')).toBe('inside');
  });
});
