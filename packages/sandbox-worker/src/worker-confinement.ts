import { Worker } from 'node:worker_threads';
import type { Confinement, ConfinementReport, Firmness } from '@kb-labs/contracts';
import { pickCpuMeter } from './cpu-meter.js';

type Line = readonly [firmness: Firmness, by: string];

/** What threads of this Node keep. Nothing is a wall: whatever keeps a thread runs in the process that it shares. */
export function describeConfinement(): ConfinementReport {
  const lines = threadLines();
  const pick = <Value>(index: 0 | 1): Readonly<Record<Confinement, Value>> =>
    // Both records have the keys of `lines`, which the compiler has seen to be all of them.
    Object.freeze(
      Object.fromEntries(Object.entries(lines).map(([name, line]) => [name, line[index]])) as Record<
        Confinement,
        Value
      >,
    );
  return Object.freeze({ adapter: 'worker', firmness: pick<Firmness>(0), by: pick<string>(1) });
}

function threadLines(): Record<Confinement, Line> {
  const refused = 'what reaches it is refused inside the thread';
  const cpu = pickCpuMeter(process.platform);
  const canSeeHeap = 'getHeapStatistics' in Worker.prototype;
  return {
    crash: ['guard', 'an exit or an uncaught error ends the thread; signals to the process are refused inside it'],
    time: ['guard', "the host's timer and worker.terminate()"],
    cpu: cpu === undefined ? ['none', 'the CPU time of a thread cannot be read here'] : ['guard', cpu.by],
    memory: canSeeHeap
      ? ['guard', "V8's count of the thread's heap and buffers, read by the host"]
      : ['none', 'the memory of a thread cannot be read here'],
    env: ['guard', `an environment of its own; ${refused}`],
    fs: ['guard', `modules outside the plugin are not loaded; ${refused}`],
    net: ['guard', refused],
    process: ['guard', refused],
  };
}
