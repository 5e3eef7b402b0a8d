import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorCode, ExecuteResult } from '@kb-labs/plugin-runtime';
import type { PlaceName, World } from './world.js';

/** One kind of run: where it can be, how often, and what may come of it. Anything else fails the soak. */
export interface Work {
  readonly name: string;
  readonly places: readonly PlaceName[];
  readonly weight: number;
  readonly outcomes: readonly (ErrorCode | 'ok')[];
  run(world: World, place: PlaceName, number: number): Promise<ExecuteResult>;
}

const EVERYWHERE: readonly PlaceName[] = ['fork', 'fork', 'fork', 'in-process', 'in-process', 'worker', 'quickjs'];
const STOPPABLE: readonly PlaceName[] = ['fork', 'worker', 'quickjs'];
const TEXT = 'what goes in comes out, '.repeat(200);

/** What goes well. */
export const ORDINARY: readonly Work[] = [
  ordinary('answers', 5, (number) => ({ value: number })),
  ordinary('readsAndWrites', 3, (number) => ({ name: `file-${number}`, text: TEXT })),
  ordinary('keepsAnArtifact', 2, (number) => ({ name: `artifact-${number}`, text: TEXT })),
  ordinary('talks', 2, (number) => ({ topic: `soak.n${number}` })),
  ordinary('fetches', 2, (_, { url }) => ({ url })),
  // In-process, what a handler prints is what the host prints.
  { ...ordinary('says', 1, () => ({ lines: 50 })), places: STOPPABLE },
];

/** What goes wrong, on purpose. */
export const FAULTY: readonly Work[] = [
  faulty('throws', EVERYWHERE, ['ERR_HANDLER_FAILED'], {}),
  faulty('spins', STOPPABLE, ['ERR_TIMEOUT'], { quotas: { timeoutMs: 200 } }),
  faulty('bombs', STOPPABLE, ['ERR_MEMORY_EXCEEDED'], { quotas: { memoryMb: 64, timeoutMs: 20_000 } }),
  faulty('exits', ['fork', 'worker'], ['ERR_SANDBOX_CRASHED'], {}),
  faulty('babbles', ['fork'], ['ERR_PROTOCOL'], { quotas: { timeoutMs: 20_000 } }),
  faulty('overflows', EVERYWHERE, ['ERR_OUTPUT_EXCEEDED'], {
    input: { bytes: 400_000 },
    quotas: { maxResultBytes: 200_000 },
  }),
  faulty('waits', EVERYWHERE, ['ERR_TIMEOUT'], { quotas: { timeoutMs: 150 } }),
  // Whether it waits at all depends on who else is there.
  faulty('answers', EVERYWHERE, ['ok', 'ERR_QUEUE_TIMEOUT'], { name: 'is hurried', quotas: { queueTimeoutMs: 1 } }),
  faulty('keepsAnArtifact', ['broken store'], ['ERR_HANDLER_FAILED'], {
    name: 'meets a broken store',
    input: { name: 'a', text: 'b' },
  }),
  { name: 'is aborted', places: EVERYWHERE, weight: 1, outcomes: ['ERR_ABORTED'], run: aborted },
  { name: 'is killed', places: ['fork'], weight: 1, outcomes: ['ERR_SANDBOX_CRASHED'], run: killed },
];

type MakeInput = (number: number, world: World) => unknown;

function ordinary(handler: string, weight: number, input: MakeInput): Work {
  return {
    name: handler,
    places: EVERYWHERE,
    weight,
    outcomes: ['ok'],
    run: (world, place, number) => world.run(place, { handler, input: input(number, world) }),
  };
}

interface FaultyAsk {
  readonly name?: string;
  readonly input?: unknown;
  readonly quotas?: Readonly<Record<string, number>>;
}

function faulty(
  handler: string,
  places: readonly PlaceName[],
  outcomes: Work['outcomes'],
  { name = handler, input = {}, quotas = {} }: FaultyAsk,
): Work {
  return { name, places, weight: 1, outcomes, run: (world, place) => world.run(place, { handler, input, quotas }) };
}

async function aborted(world: World, place: PlaceName, number: number): Promise<ExecuteResult> {
  const controller = new AbortController();
  const running = world.run(place, { handler: 'waits', input: {}, signal: controller.signal });
  // Anywhere from the queue to the handler.
  await delay(number % 120);
  controller.abort(new Error('nobody waits for it any more'));
  return running;
}

async function killed(world: World, place: PlaceName, number: number): Promise<ExecuteResult> {
  const pluginRoot = await world.copyPlugin(`killed-${number}`);
  const state = { ended: false };
  const running = world.run(place, { handler: 'waits', input: {}, pluginRoot }).finally(() => (state.ended = true));
  while (!state.ended) {
    const victims = processesOf(pluginRoot);
    for (const pid of victims) kill(pid);
    if (victims.length > 0) break;
    await delay(5);
  }
  try {
    return await running;
  } finally {
    await rm(pluginRoot, { recursive: true, force: true });
  }
}

/** Processes that name the folder in their command line: those of the one run that the plugin's copy was made for. */
function processesOf(folder: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was quicker.
  }
}
