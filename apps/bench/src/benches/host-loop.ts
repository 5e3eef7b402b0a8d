import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Bench } from '../bench.js';
import type { LoopDelay } from '../loop-host.js';
import { row } from '../row.js';
import { median } from '../statistics.js';

/** Beside `bench-process.js`, in `dist/`. */
const HOST = fileURLToPath(new URL('./loop-host.js', import.meta.url));

export const hostLoop: Bench = {
  name: 'host-loop',
  title:
    'delay of the event loop of a host with 1 GB resident that runs 20 fresh processes a second, beside plain spawn',
  async run({ quick, signal, progress }) {
    const delays: Record<LoopDelay['how'], number[]> = { ours: [], spawn: [], idle: [] };
    const hosts = quick ? (['ours', 'spawn'] as const) : (['ours', 'spawn', 'idle'] as const);
    for (let round = 0; round < (quick ? 2 : 5); round += 1) {
      for (const how of round % 2 === 0 ? hosts : hosts.toReversed()) {
        progress(`a host with 1 GB: ${how}`);
        delays[how].push((await runHost(how, quick ? 3 : 10, signal)).p99Ms);
      }
    }
    const peers = quick ? {} : { 'no processes at all': median(delays.idle) };
    return [row('host-loop', { ours: median(delays.ours), floor: median(delays.spawn), peers, unit: 'ms, p99' })];
  },
};

async function runHost(how: LoopDelay['how'], seconds: number, signal: AbortSignal): Promise<LoopDelay> {
  const child = fork(HOST, [how, String(seconds)], { signal, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  let said: LoopDelay | undefined;
  child.on('message', (message: LoopDelay) => {
    said = message;
  });
  await exited;
  if (said === undefined) throw new Error(`the host that was to measure ${how} said nothing`);
  return said;
}
