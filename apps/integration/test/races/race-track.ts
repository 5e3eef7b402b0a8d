import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRuntime, inProcessSandbox } from '@kb-labs/plugin-runtime';
import type { PluginContextOptions, Runtime } from '@kb-labs/plugin-runtime';
import { onTestFinished } from 'vitest';

/** A root, and a folder beside it that must stay as it is. Everything in it says where it lies. */
export interface Track {
  readonly root: string;
  readonly outside: string;
}

/** Makes both, of the same layout. In memory where that can be had: what is to be fast is the swapping. */
export function makeTrack(files: readonly string[]): Track {
  const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const folder = realpathSync(mkdtempSync(join(base, 'kb-labs-race-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const track = { root: join(folder, 'root'), outside: join(folder, 'outside') };
  for (const name of files) {
    put(join(track.root, name), 'inside');
    put(join(track.outside, name), 'the secret');
  }
  return track;
}

/** Writes a file, and makes the folders that it needs. */
export function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** How something is swapped. */
interface Swapping {
  /** Milliseconds between two swaps, at most. Default: 0.05. */
  readonly pause?: number;
  /** What is swapped in is there already, as `<name>.other`. Default: a link to the same name outside. */
  readonly isReady?: boolean;
  /** Default: the root. */
  readonly folder?: string;
}

/** Starts the process that swaps what stands under a name for something else. It ends with the test. */
export async function startSwapper(track: Track, name: string, swapping: Swapping = {}): Promise<void> {
  const { pause = 0.05, isReady = false, folder = track.root } = swapping;
  const target = join(track.outside, name);
  if (!isReady) symlinkSync(target, join(folder, `${name}.other`));
  const program = fileURLToPath(new URL('swapper.js', import.meta.url));
  const args = [program, name, String(pause), ...(isReady ? [] : [target])];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  await once(child.stdout, 'data');
}

/** A call that is made again and again. */
export interface RacingCall {
  readonly call: readonly unknown[];
  /** Whether the race goes on until it has worked often enough; what only clears up does not count. */
  readonly counts: boolean;
  /** What it writes: its content is looked at after each time. */
  readonly kept?: string;
}

/** What became of one call: how often what came of it. */
export interface Tally {
  readonly call: string;
  readonly counts: boolean;
  readonly worked: number;
  readonly outcomes: Readonly<Record<string, number>>;
}

const PLENTY = {
  timeoutMs: 2 ** 31 - 1,
  cpuMs: 2 ** 31 - 1,
  maxHostCalls: 1e9,
  maxBytesRead: 1e12,
  maxBytesWritten: 1e12,
  maxEntriesRead: 1e9,
  maxEntriesWritten: 1e9,
};

/** Runs a guest that makes these calls through its `ctx.fs` until each that counts has worked `wanted` times. */
export async function race({ root }: Track, calls: readonly RacingCall[], wanted: number): Promise<readonly Tally[]> {
  await using runtime = openRuntime();
  const result = await runtime.execute('./handlers.js#race', { calls, wanted }, runtime.createContext(grantOf(root)));
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  // The handler of this folder's own plugin gives nothing else.
  return result.data as readonly Tally[];
}

/** The place does not matter: who races is the host, and the guest only asks. */
export function openRuntime(): Runtime {
  return createRuntime({ sandbox: inProcessSandbox(), requiredConfinement: 'none' });
}

/** What a guest that races may do: everything below the root, without end. */
export function grantOf(root: string): PluginContextOptions {
  return {
    capabilities: ['fs.*'],
    permissions: { fs: { mode: 'readWrite', allow: ['.'] }, quotas: PLENTY },
    root,
    pluginRoot: fileURLToPath(new URL('plugin', import.meta.url)),
  };
}

/** What a call comes to where the disk, or the swapping itself, is against it. */
export const REFUSAL = /^ERR_(?:PERMISSION_DENIED (?:link|special-file|hard-link|root-moved)|IO_FAILED E[A-Z]+)$/;

/** What came of the calls that worked, by call. What the disk or the swapping itself refused is left out. */
export function gains(tallies: readonly Tally[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    tallies.map(({ call, outcomes }) => [
      call,
      Object.keys(outcomes)
        .filter((outcome) => !REFUSAL.test(outcome))
        .toSorted(),
    ]),
  );
}

/** How often the call that worked least often did, of those that count. */
export function leastOf(tallies: readonly Tally[]): number {
  return Math.min(...tallies.filter(({ counts }) => counts).map(({ worked }) => worked));
}

/** Says how much was done, where somebody runs the races for longer than usual. */
export function report(title: string, tallies: readonly Tally[]): void {
  if (process.env['KB_FUZZ_SCALE'] === undefined) return;
  const counts = tallies.map(({ outcomes }) => Object.values(outcomes).reduce((sum, count) => sum + count, 0));
  const worked = tallies.reduce((sum, tally) => sum + tally.worked, 0);
  console.info(
    `${title}: ${worked} of ${counts.reduce((sum, count) => sum + count, 0)} calls worked, ${leastOf(tallies)} or more of each`,
  );
}
