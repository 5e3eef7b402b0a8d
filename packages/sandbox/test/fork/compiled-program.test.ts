import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { forkSandbox } from '@kb-labs/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildChildCommand } from '../../src/fork/child-command.js';
import type { Launcher } from '../../src/fork/child-command.js';
import { createCompiledProgram } from '../../src/fork/compiled-program.js';
import { purposeOf } from '../../src/fork/guest-purpose.js';
import { startDirectly } from '../../src/fork/start-directly.js';
import { guestsOf, planFor } from './fork-scene.js';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const poll = { timeout: 10_000, interval: 5 };

// As the bootstrap does it.
const TAKES = `
const bytes = require('node:fs').readFileSync(0);
const source = require('node:fs').readFileSync(process.argv[1], 'utf8');
const text = '(function (require, module) {' + source + '\\n})';
process.stdout.write(String(new (require('node:vm').Script)(text, { filename: process.argv[1], cachedData: bytes }).cachedDataRejected));
`;

// It waits for the end of an adapter that has just begun to make it, and for nothing else.
const DISPOSES = `
import { forkSandbox } from ${JSON.stringify(pathToFileURL(join(dist, 'index.js')).href)};
const plan = JSON.parse(process.argv[1]);
for (let turn = 0; turn < 5; turn += 1) {
  const adapter = forkSandbox({ wall: 'off', spares: 0, spawner: 'never' });
  for (let guest = 0; guest < 2; guest += 1) {
    const place = await adapter.acquire({ ...plan, signal: new AbortController().signal });
    await place[Symbol.asyncDispose]();
  }
  await adapter[Symbol.asyncDispose]();
}
`;

// Elsewhere guests take none.
describe.runIf(purposeOf(planFor('/'), false) !== undefined)('the compiled program of guests', () => {
  let folder: string;
  let launcher: Launcher;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'kb-compiled-')));
    for (const name of ['bootstrap.cjs', 'guest.cjs']) cpSync(join(dist, name), join(folder, name));
    launcher = {
      wall: undefined,
      setpriv: undefined,
      coreLimiter: undefined,
      bootstrap: join(folder, 'bootstrap.cjs'),
    };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made when it is asked for a second time, and is what V8 takes for the program', async () => {
    await using compiled = createCompiledProgram();
    expect([compiled.get(launcher), compiled.get(launcher)]).toEqual([undefined, undefined]);
    await expect.poll(() => compiled.get(launcher)?.length, poll).toBeGreaterThan(10_000);
    const input = compiled.get(launcher);
    const program = join(folder, 'guest.cjs');
    expect(execFileSync(process.execPath, ['-e', TAKES, program], { input }).toString()).toBe('false');
    expect(readFileSync(program).length).toBeGreaterThan(10_000);
  });

  it('is not handed out for a program that was replaced since', async () => {
    await using compiled = createCompiledProgram();
    await expect.poll(() => compiled.get(launcher), poll).toBeDefined();
    appendFileSync(join(folder, 'guest.cjs'), '\n');
    expect(compiled.get(launcher)).toBeUndefined();
  });

  // A spawner sends none, and its maker is forked by this process, which is what a large host has a spawner for.
  it('is asked for by who sends it', async () => {
    let asked = 0;
    const compiled = (): undefined => void (asked += 1);
    const command = buildChildCommand(launcher, [folder], { memoryMb: 64, purpose: 'single-run', compiled });
    expect(asked).toBe(0);
    const started = startDirectly(command, folder);
    if ('error' in started) throw started.error;
    void started.signal('SIGKILL');
    await started.exit;
    expect(asked).toBe(1);
  });

  it('goes to guests that stay as well, once there is one', async () => {
    await using adapter = forkSandbox({ wall: 'off', spawner: 'never' });
    const seen: string[] = [];
    const lastArguments = async (): Promise<string> => {
      const isolation = { kind: 'plugin', tenant: String(seen.length), reentrant: false } as const;
      const before = guestsOf(folder);
      await using _place = await adapter.acquire(planFor(folder, { isolation }));
      const pid = guestsOf(folder).find((guest) => !before.includes(guest));
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      seen.push(args.slice(-3, -1).join(' '));
      return seen.at(-1) ?? '';
    };
    await expect.poll(lastArguments, poll).toMatch(/^many-runs \d+$/);
    expect(seen[0]).toMatch(/bootstrap\.cjs many-runs$/);
  });

  it('holds the process of a host until the adapter that makes it has ended', () => {
    const args = ['--input-type=module', '-e', DISPOSES, JSON.stringify(planFor(folder))];
    // An exit with code 13 says that something was waited for which nothing could bring any more.
    expect(spawnSync(process.execPath, args, { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  it('is done without where it cannot be made', async () => {
    rmSync(join(folder, 'guest.cjs'));
    const compiled = createCompiledProgram();
    expect([compiled.get(launcher), compiled.get(launcher)]).toEqual([undefined, undefined]);
    await compiled[Symbol.asyncDispose]();
    expect(compiled.get(launcher)).toBeUndefined();
  });
});
