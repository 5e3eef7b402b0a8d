import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { runInProcess } from '../src/run-in-process.js';

const signal = new AbortController().signal;

function script(name: string): string {
  return fileURLToPath(new URL(`processes/${name}.mjs`, import.meta.url));
}

describe('the process of a bench', () => {
  it('gives its rows and says how far it is', async () => {
    const said: string[] = [];
    const run = {
      script: script('rows'),
      name: 'cold',
      quick: true,
      signal,
      progress: (text: string) => said.push(text),
    };
    expect([await runInProcess(run), said]).toEqual([[{ name: 'cold' }], ['cold --quick']]);
  });

  it.each([
    ['throws', 'Error: no floor'],
    ['dies', 'ended without a row (exit code 3)'],
  ])('that %s makes its bench fail', async (name, reason) => {
    const run = { script: script(name), name, quick: false, signal, progress: () => undefined };
    await expect(runInProcess(run)).rejects.toThrow(reason);
  });

  it('ends with all that it started, also where it hears no signal', async () => {
    const controller = new AbortController();
    const grandchild = Promise.withResolvers<string>();
    const running = runInProcess({
      script: script('stubborn'),
      name: 'cold',
      quick: false,
      signal: controller.signal,
      progress: grandchild.resolve,
      graceMs: 50,
    });
    const pid = await grandchild.promise;
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  });
});

/** What was killed and has nobody to wait for it is a zombie. */
function isRunning(pid: string): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !readFileSync(stat, 'utf8').includes(') Z ');
}
