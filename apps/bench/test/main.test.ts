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
