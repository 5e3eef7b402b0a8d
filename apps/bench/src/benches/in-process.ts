import { createRuntime } from '@kb-labs/plugin-runtime';
import { z } from 'zod';
import { echo, greet } from '../../plugin/typed.js';
import type { Bench } from '../bench.js';
import { interleave } from '../interleave.js';
import type { Samples } from '../interleave.js';
import { openKbLabs } from '../peers/kb-labs.js';
import { PLUGIN } from '../places.js';
import { row } from '../row.js';
import { median } from '../statistics.js';

const request = z.object({ name: z.string().min(1), times: z.int().positive(), tags: z.array(z.string()) });
const greeting = z.object({ text: z.string(), length: z.int() });
const list = z.object({
  items: z.array(z.object({ id: z.int(), name: z.string(), tags: z.array(z.string()), open: z.boolean() })),
});

/** Runs behind one another that make one sample: one alone is shorter than the clock is exact. */
const TRIVIAL_RUNS = 100;
/** Runs of both before any counts, so that V8 has compiled what it will: a busy machine is late with that. */
const WARM_UP_RUNS = 20_000;
const LARGE_RUNS = 10;

export const inProcess: Bench = {
  name: 'in-process',
  title: 'the whole pipeline in-process with schemas of the host, beside a direct call that validates the same',
  async run({ quick, signal, progress }) {
    await using runtime = createRuntime({ sandbox: 'in-process', requiredConfinement: 'none' });
    await using kbLabs = await openKbLabs({ mode: 'in-process' });
    const context = runtime.createContext({ capabilities: [], permissions: {}, pluginRoot: PLUGIN });
    const trivial = { name: 'world', times: 2, tags: ['a', 'b'] };
    const large = { items: largeItems() };
    const run = async (handler: string, input: unknown, schemas: Schemas): Promise<void> => {
      const result = await runtime.execute({ handler: `./typed.js#${handler}`, input, ...schemas }, context);
      if (!result.ok) throw new Error(`${handler}: ${result.error.code}: ${result.error.message}`);
    };
    const greetings: Schemas = { inputSchema: request, outputSchema: greeting };
    const lists: Schemas = { inputSchema: list, outputSchema: list };

    progress('trivial');
    const ours = (): Promise<void> => run('greet', trivial, greetings);
    const direct = async (): Promise<unknown> => greeting.parse(await greet(request.parse(trivial)));
    for (const call of [ours, direct]) await times(WARM_UP_RUNS, call)();
    const short = await interleave(
      {
        ours: times(TRIVIAL_RUNS, ours),
        direct: times(TRIVIAL_RUNS, direct),
        kbLabs: times(TRIVIAL_RUNS, () => kbLabs.call(trivial)),
      },
      { rounds: quick ? 60 : 300, warmups: 8, signal },
    );
    progress('100 kB');
    const long = await interleave(
      {
        ours: times(LARGE_RUNS, () => run('echo', large, lists)),
        direct: times(LARGE_RUNS, async () => list.parse(await echo(list.parse(large)))),
      },
      { rounds: quick ? 30 : 150, warmups: 8, signal },
    );
    const [trivialUs, largeUs] = [microseconds(short, TRIVIAL_RUNS), microseconds(long, LARGE_RUNS)];
    const peers = { 'KB Labs in-process': trivialUs.kbLabs };
    const figures = { ours: trivialUs.ours, floor: trivialUs.direct, peers, unit: 'µs' };
    return [
      row('in-process', figures),
      row('in-process:kb-labs', figures),
      row('in-process:100kb', { ours: largeUs.ours, floor: largeUs.direct, peers: {}, unit: 'µs' }),
    ];
  },
};

type Schemas = { readonly inputSchema: z.ZodType; readonly outputSchema: z.ZodType };

function largeItems(): z.input<typeof list>['items'] {
  const items: z.input<typeof list>['items'] = [];
  for (let id = 0, bytes = 0; bytes < 100_000; id += 1) {
    const item = { id, name: `the name of item ${id}`, tags: ['alpha', 'beta', 'gamma'], open: id % 2 === 0 };
    items.push(item);
    bytes += JSON.stringify(item).length + 1;
  }
  return items;
}

function times(count: number, call: () => Promise<unknown>): () => Promise<void> {
  return async () => {
    for (let index = 0; index < count; index += 1) await call();
  };
}

function microseconds<Name extends string>(samples: Samples<Name>, calls: number): Readonly<Record<Name, number>> {
  const entries = Object.entries<readonly number[]>(samples).map(([name, ms]) => [name, (median(ms) / calls) * 1000]);
  return Object.fromEntries(entries) as Record<Name, number>;
}
