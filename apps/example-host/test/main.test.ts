import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { appFolder, descendantsOf, isAlive, runDemoProcess, startDemo } from './demo-process.js';
import { makeFolder } from './fixture-folder.js';

/** A second, and what starting ten bare processes takes at this moment: nothing to speak of, unless the machine has other work. */
function limitMs(): number {
  const start = performance.now();
  spawnSync(process.execPath, ['-e', '']);
  return 1_000 + 10 * (performance.now() - start);
}

describe('a signal', () => {
  it.each([
    ['SIGINT', 130, []],
    ['SIGTERM', 143, ['--wall', 'off']],
    ['SIGHUP', 129, ['--json']],
  ] as const)('%s ends everything within a second, with exit code %i', async (signal, exitCode, args) => {
    const folder = await makeFolder({});
    const temporary = await makeFolder({});
    const plugins = join(appFolder, 'test/guests/spinning');
    const demo = startDemo([folder, '--plugins', plugins, '--artifacts', join(folder, 'stored'), ...args], {
      TMPDIR: temporary,
    });
    // Its handler has begun, and never gives the event loop back.
    await vi.waitFor(() => expect(demo.stderr()).toContain('spinning'), { timeout: 10_000, interval: 10 });
    const guests = descendantsOf(demo.child.pid ?? 0);
    expect(guests.filter(isAlive)).not.toEqual([]);

    const limit = limitMs();
    const start = performance.now();
    demo.child.kill(signal);
    // A script runner may pass on what the terminal has sent already.
    demo.child.kill(signal);
    const { code, stdout, stderr } = await demo.ended;

    expect(performance.now() - start).toBeLessThan(limit);
    expect(code).toBe(exitCode);
    expect(stdout).toBe('');
    expect(stderr).toContain(`Stopped: ${signal} was received. 1 runs were ended`);
    expect(guests.filter(isAlive)).toEqual([]);
    expect(existsSync(join(folder, 'stored'))).toBe(false);
    expect(await readdir(temporary)).toEqual([]);
  });
});

describe('a call for help', () => {
  it.each([[['--help']], [['--', '--help']]])('%j is answered', async (args) => {
    const { code, stdout } = await runDemoProcess(args);
    expect([code, stdout.includes('--dry-run')]).toEqual([0, true]);
  });
});

describe('a wrong call', () => {
  it.each([
    [['--bogus'], /unknown option '--bogus'/u],
    [['/no/such/folder'], /The folder to examine is not there/u],
    [['--wall', 'maybe'], /Allowed choices are auto, required, off/u],
    [['--sandbox', 'in-process', '--wall', 'off'], /--wall goes around forked handlers/u],
    [['--plugins', appFolder + '/src'], /There is no plugin in/u],
  ])('%j is explained on stderr, with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await runDemoProcess(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });

  it('an invalid KB_LOG_LEVEL is one as well', async () => {
    const { code, stderr } = await runDemoProcess([], { KB_LOG_LEVEL: 'loud' });
    expect([code, stderr]).toEqual([2, 'KB_LOG_LEVEL is "loud", which is not a log level\n']);
  });
});

it('--help tells every option on stdout', async () => {
  const { code, stdout, stderr } = await runDemoProcess(['--help']);
  expect([code, stderr]).toEqual([0, '']);
  for (const name of [
    '[folder]',
    '--sandbox',
    '--wall',
    '--plugins',
    '--artifacts',
    '--json',
    '--dry-run',
    'Exit codes',
  ]) {
    expect(stdout).toContain(name);
  }
});
