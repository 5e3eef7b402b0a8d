// Runs the tests with another Node version: `node scripts/vitest-on.ts 22 [vitest arguments]`.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

const [major, ...vitestArguments] = process.argv.slice(2);
const require = createRequire(import.meta.url);

const node = join(dirname(require.resolve(`node-${major}/package.json`)), 'bin/node');
const vitest = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs');

const { status } = spawnSync(node, [vitest, 'run', ...vitestArguments], {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` },
});
process.exitCode = status ?? 1;
