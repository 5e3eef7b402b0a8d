import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

describe('the command', () => {
  it('lists the benches and what each compares', async () => {
    const { code, stdout } = await start(['--list']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^fresh-process +execute\(\)/mu)]);
  });
  it('measures what is named, and prints its rows and nothing else', async () => {
    const { code, stdout, stderr } = await start(['env-check', '--quick', '--json']);
    const rows = JSON.parse(stdout) as readonly Readonly<Record<string, unknown>>[];
    expect([code, rows.length > 0]).toEqual([0, true]);
    const fields = ['goal', 'name', 'ok', 'ours', 'floor', 'peers', 'ratio', 'unit'];
    expect(rows.filter((row) => !fields.every((field) => field in row))).toEqual([]);
    expect(rows.at(0)?.['name']).toBe('env-check');
    expect(stderr).toMatch(/^Node [\d.]+, \d+ cores? .*\n\[1\/1\] env-check: begins\n/u);
  });

  it('explains itself', async () => {
    const { code, stdout } = await start(['--help']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('--quick')]);
  });
  it.each([
    [['no-such-bench'], 'Allowed choices are'],
    [['--rounds', '3'], "unknown option '--rounds'"],
  ])('refuses %j and says what it takes', async (args, said) => {
    expect(await start(args)).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining(said) });
  });
});
