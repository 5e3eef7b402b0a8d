import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openProcessMeter } from '../../src/fork/process-meter.js';
import type { ProcessSample } from '../../src/fork/process-meter.js';
import { makePlugin } from './fork-scene.js';

/** Holds as many MiB as it is told, and says so. */
const HOLDER = `
let held = [];
process.on('message', (mib) => {
  held = [];
  if (mib < 0) globalThis.gc();
  else held = Array.from({ length: mib }, () => Buffer.alloc(1_048_576, 1));
  process.send(held.length);
});
process.send('ready');
`;

const MIB = 1_048_576;
const poll = { timeout: 5_000, interval: 2 };

/** As one that has just been opened sees it, which has nothing to remember. */
function sampleAnew(pid: number): ProcessSample | undefined {
  const meter = openProcessMeter(pid);
  const sample = meter?.sample();
  meter?.close();
  return sample;
}

describe.skipIf(process.platform !== 'linux')('the meter of a process (Linux)', () => {
  it('sees what one sees that was just opened, whatever the process holds and lets go, and also once the peak was forgotten', async () => {
    using folder = makePlugin({ 'holder.cjs': HOLDER });
    const script = join(folder.root, 'holder.cjs');
    const child = fork(script, { execArgv: ['--expose-gc'] });
    await once(child, 'message');
    const pid = child.pid ?? 0;
    const meter = openProcessMeter(pid);
    // The second look of a pair is the one that may have nothing to read.
    for (const mib of [0, 0, 8, 8, -1, -1, 32, 1, 1, -1, 16, 64, 0, -1]) {
      child.send(mib);
      await once(child, 'message');
      for (const turn of ['first', 'second', 'third']) {
        if (turn === 'third' && mib === 1) meter?.forgetPeak();
        const away = (): number => {
          const known = meter?.sample();
          const anew = sampleAnew(pid);
          const held = Math.abs((known?.heldBytes ?? 0) - (anew?.heldBytes ?? Number.NaN));
          return Math.max(held, Math.abs((known?.peakBytes ?? 0) - (anew?.peakBytes ?? Number.NaN)));
        };
        // V8 lets go in threads of its own, between the two looks as well. What is remembered and no longer so never comes near.
        await expect.poll(away, poll).toBeLessThan(MIB);
      }
    }
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    expect(meter?.sample()).toBe(undefined);
    meter?.close();
  });
});
