import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Bench } from '../bench.js';
import { childScript } from '../places.js';
import { row } from '../row.js';
import { median } from '../statistics.js';

const run = promisify(execFile);

export const importFacade: Bench = {
  name: 'import',
  title: "import of the facade in a process that has loaded nothing, beside import 'zod'",
  async run({ quick, signal }) {
    const specifiers = ['@kb-labs/plugin-runtime', 'zod', 'piscina', 'tinypool'] as const;
    const samples = new Map<string, number[]>(specifiers.map((specifier) => [specifier, []]));
    // The first round fills the caches of the file system.
    for (let round = -1; round < (quick ? 15 : 60); round += 1) {
      for (const specifier of round % 2 === 0 ? specifiers : specifiers.toReversed()) {
        const { stdout } = await run(process.execPath, [childScript('import.mjs'), specifier], { signal });
        if (round >= 0) samples.get(specifier)?.push(Number(stdout));
      }
    }
    const of = (specifier: (typeof specifiers)[number]): number => median(samples.get(specifier) ?? []);
    const peers = { piscina: of('piscina'), tinypool: of('tinypool') };
    return [row('import', { ours: of('@kb-labs/plugin-runtime'), floor: of('zod'), peers, unit: 'ms' })];
  },
};
