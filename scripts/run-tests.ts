// Runs the tests and then looks for what they left: `node scripts/run-tests.ts [--node 22] [vitest arguments]`.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { selectTests } from './test-selection.ts';

/** How long what was killed may take to be gone, in milliseconds. */
const SETTLE_MS = 2000;

const require = createRequire(import.meta.url);
const repository = realpathSync(fileURLToPath(new URL('..', import.meta.url)));
const { node, vitestArguments } = parseArguments(process.argv.slice(2));
const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'kb-labs-suite-')));
const before = new Set(processes());

const { files, packages } = selectTests(execFileSync(node, ['--version'], { encoding: 'utf8' }).slice(1));
if (files.length > 0)
  console.log(`run on other versions of Node, not on this one: ${[...packages, ...files].join(', ')}`);
const status = await runVitest();
const left = await leftovers();
if (process.platform === 'linux') report();
rmSync(temporary, { recursive: true, force: true });
process.exitCode = status === 0 && left.length > 0 ? 1 : status;

function parseArguments(given: readonly string[]): { node: string; vitestArguments: readonly string[] } {
  const [first, major, ...rest] = given;
  if (first !== '--node') return { node: process.execPath, vitestArguments: given };
  return { node: join(dirname(require.resolve(`node-${major}/package.json`)), 'bin/node'), vitestArguments: rest };
}

async function runVitest(): Promise<number> {
  const vitest = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs');
  const path = `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}`;
  const child = spawn(node, [vitest, 'run', ...vitestArguments], {
    stdio: 'inherit',
    env: { ...process.env, PATH: path, TMPDIR: temporary },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** Temporary files, and processes that began with the tests and outlived them. */
async function leftovers(): Promise<string[]> {
  const end = performance.now() + SETTLE_MS;
  for (;;) {
    const found = [
      ...readdirSync(temporary).map((name) => describeFolder(join(temporary, name))),
      ...processes()
        .filter((pid) => !before.has(pid))
        .flatMap(describeOurs),
    ];
    if (found.length === 0 || performance.now() > end) return found;
    await delay(20);
  }
}

function describeFolder(path: string): string {
  return `${path} was left, with ${namesIn(path).slice(0, 10).join(', ') || 'nothing'} in it`;
}

function namesIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { encoding: 'utf8', recursive: true });
  } catch {
    // A file, or gone by now.
    return [];
  }
}

function report(): void {
  if (left.length === 0) console.log('nothing was left: no temporary files, no processes');
  else console.error(`the tests left ${left.length} things:\n${left.join('\n')}`);
}

function processes(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** A process of the tests names the repository or their temporary folder somewhere: in its command, its place, or its variables. */
function describeOurs(pid: number): string[] {
  if (pid === process.pid || pid === process.ppid) return [];
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const place = readlinkSync(`/proc/${pid}/cwd`);
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    const isOurs =
      [command, place].some((text) => text.includes(repository) || text.includes(temporary)) ||
      variables.includes(`TMPDIR=${temporary}`);
    return isOurs ? [`process ${pid} still runs: ${command.replaceAll('\0', ' ').slice(0, 300)}`] : [];
  } catch {
    // It has ended meanwhile, or it is somebody else's.
    return [];
  }
}
