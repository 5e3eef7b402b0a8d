import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ProcessesFirst } from './scripts/test-order.ts';
import { selectTests } from './scripts/test-selection.ts';

const leftovers = fileURLToPath(new URL('scripts/file-leftovers.ts', import.meta.url));
const { files, packages } = selectTests(process.versions.node);
const report = process.env['KB_TEST_REPORT'];

/**
 * Guests run here, in the very process of a test too, so each file has a process of its own. In the other packages no module holds state:
 * files share processes, and each module is loaded once.
 */
const apart: ReadonlySet<string> = new Set([
  'conformance',
  'integration',
  'sandbox',
  'sandbox-quickjs',
  'sandbox-worker',
  'soak',
]);

const projects = ['packages', 'apps'].flatMap((floor) =>
  readdirSync(floor)
    .filter((name) => !packages.includes(name))
    .map((name) => ({
      extends: true as const,
      test: {
        name: name === 'runtime' ? '@kb-labs/plugin-runtime' : `@kb-labs/${name}`,
        root: `${floor}/${name}`,
        include: ['test/**/*.test.ts'],
        exclude: [...files],
        setupFiles: [leftovers],
        isolate: apart.has(name),
      },
    })),
);

export default defineConfig({
  // Node 22 has no `using` of its own, so it is lowered as in what we ship.
  oxc: { target: 'node22' },
  test: {
    projects,
    sequence: { sequencer: ProcessesFirst },
    pool: 'forks',
    // For two processors: many files wait half of their time, for processes, disks and limits.
    maxWorkers: 4,
    testTimeout: 20_000,
    reporters: report === undefined ? ['default'] : ['default', 'json'],
    outputFile: report === undefined ? {} : { json: report },
  },
});
