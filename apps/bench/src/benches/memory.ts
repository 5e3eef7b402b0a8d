import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { openOurs } from '../ours.js';
import { childScript } from '../places.js';
import { descendants, privateBytes } from '../process-memory.js';
import { row, unmeasured } from '../row.js';
import { median } from '../statistics.js';

const MIB = 2 ** 20;
/** Long enough to boot a process and for it to come to rest. */
const REST_MS = 700;
const RUNS = 3;

export const memory: Bench = {
  name: 'memory',
  title: 'memory that an idle spare child has for itself, beside an idle empty node',
  async run({ quick, signal, progress }) {
    if (!existsSync('/proc/self/smaps_rollup'))
      return [unmeasured('memory', 'MiB', 'there is no /proc/<pid>/smaps_rollup')];
    const spares: number[] = [];
    const empties: number[] = [];
    let processes = 0;
    for (let round = 0; round < (quick ? 5 : 15); round += 1) {
      signal.throwIfAborted();
      const found = await measureSpares();
      if (found.length === 0) return [unmeasured('memory', 'MiB', 'no spare is kept')];
      spares.push(median(found) / MIB);
      processes = found.length;
      empties.push((await measureEmpty()) / MIB);
    }
    progress(`${processes} idle children after three runs`);
    return [row('memory', { ours: median(spares), floor: median(empties), peers: {}, unit: 'MiB' })];
  },
};

/** A plugin has a spare from its second run on: after a rest, the children that are still there and run the bootstrap are spares. */
async function measureSpares(): Promise<readonly number[]> {
  await using ours = openOurs();
  for (let runs = 0; runs < RUNS; runs += 1) await ours.call('trivial', { n: 1 });
  await delay(REST_MS);
  return descendants(process.pid)
    .filter(({ command }) => command.some((argument) => /\/bootstrap\.c?js$/u.test(argument)))
    .map(({ pid }) => privateBytes(pid));
}

async function measureEmpty(): Promise<number> {
  const child = spawn(process.execPath, [childScript('idle.cjs')], { stdio: ['pipe', 'ignore', 'inherit'] });
  const exited = once(child, 'exit');
  try {
    await delay(REST_MS);
    if (child.pid === undefined) throw new Error('an empty node did not start');
    return privateBytes(child.pid);
  } finally {
    child.stdin?.destroy();
    await exited;
  }
}
