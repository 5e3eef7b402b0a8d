import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { vi } from 'vitest';
import type {
  GuestNote,
  Sandbox,
  SandboxAdapter,
  SandboxCall,
  SandboxHost,
  SandboxIsolation,
  SandboxLimits,
  SandboxOutcome,
} from '@kb-labs/contracts';
import type { SandboxPlan } from '@kb-labs/contracts';
import { probeWall } from '../../src/fork/wall.js';
import type { Wall } from '../../src/fork/wall.js';

const probe = await probeWall();

if (!probe.works) {
  if (process.env['KB_REQUIRE_WALL'] === '1') throw new Error(`KB_REQUIRE_WALL is set, but ${probe.reason}`);
  process.stderr.write(`tests of the wall are skipped: ${probe.reason}\n`);
}

/** The wall of this machine, if it has one. */
export const wall: Wall | undefined = probe.works ? probe.wall : undefined;

/** Each way to start a guest that works on this machine. */
export const ways: readonly { readonly way: 'required' | 'off' }[] =
  wall === undefined ? [{ way: 'off' }] : [{ way: 'off' }, { way: 'required' }];

export const limits: SandboxLimits = {
  timeoutMs: 10_000,
  startTimeoutMs: 10_000,
  cpuMs: 10_000,
  memoryMb: 128,
  maxOutputBytes: 100_000,
  maxResultBytes: 1_000_000,
  maxInFlight: 8,
  graceMs: 50,
};

export interface PluginFolder extends Disposable {
  readonly root: string;
}

/** A plugin in a folder of its own, in a temporary one, gone with the test. */
export function makePlugin(files: Readonly<Record<string, string>>, name = 'plugin'): PluginFolder {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'kb-sandbox-')));
  const root = join(parent, name);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return { root, [Symbol.dispose]: () => removeFolder(parent) };
}

/** A process that ends may be removing its own folder below at the same time, and then `rmSync` gives up without a word. */
function removeFolder(path: string): void {
  for (let tries = 0; tries < 10 && existsSync(path); tries += 1) rmSync(path, { recursive: true, force: true });
}

export interface RunOptions {
  readonly file?: string;
  readonly export?: string;
  readonly input?: unknown;
  readonly api?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: Partial<SandboxLimits>;
  readonly isolation?: SandboxIsolation;
  readonly signal?: AbortSignal;
  readonly answer?: SandboxHost['call'];
  readonly onNote?: (note: GuestNote) => void;
}

export interface GuestRun {
  readonly outcome: SandboxOutcome;
  readonly notes: readonly GuestNote[];
}

export function planFor(root: string, options: RunOptions = {}): SandboxPlan {
  return {
    plugin: { id: 'test-plugin', version: '1.0.0', root },
    limits: { ...limits, ...options.limits },
    env: options.env ?? {},
    policyDigest: 'none',
    isolation: options.isolation ?? { kind: 'execution' },
    signal: new AbortController().signal,
  };
}

/** Runs the `handle` of the plugin's `main.mjs` once, and leaves nothing behind but what the adapter keeps ready. */
export async function runOnce(adapter: SandboxAdapter, root: string, options: RunOptions = {}): Promise<GuestRun> {
  await using place = await adapter.acquire(planFor(root, options));
  return await runIn(place, root, options);
}

/** Runs the `handle` of the plugin's `main.mjs` in a place. */
export async function runIn(place: Sandbox, root: string, options: RunOptions = {}): Promise<GuestRun> {
  const notes: GuestNote[] = [];
  const call: SandboxCall = {
    executionId: 'e',
    handler: { file: join(root, options.file ?? 'main.mjs'), export: options.export ?? 'handle' },
    inputSchema: undefined,
    outputSchema: undefined,
    outputParts: [],
    input: options.input,
    api: options.api ?? [],
    signal: options.signal ?? new AbortController().signal,
  };
  const answer = options.answer ?? (() => Promise.resolve('answer'));
  const note = (said: GuestNote): void => {
    notes.push(said);
    options.onNote?.(said);
  };
  const outcome = await place.run(call, { call: answer, note });
  return { outcome, notes };
}

/** Runs the body of an async handler; `input`, `ctx` and node's modules by `await import` are at hand. */
export async function runBody(adapter: SandboxAdapter, body: string, options: RunOptions = {}): Promise<GuestRun> {
  using plugin = makePlugin({ 'main.mjs': `export async function handle(input, ctx) {\n${body}\n}\n` });
  return await runOnce(adapter, plugin.root, options);
}

export function valueOf({ outcome }: GuestRun): unknown {
  if (outcome.ok) return outcome.value;
  throw new Error(`the run failed: ${outcome.error.code} ${outcome.error.message}`, { cause: outcome.guestError });
}

export function textOf(notes: readonly GuestNote[]): string[] {
  return notes.flatMap((note) => (note.kind === 'log' ? [`${note.source} ${note.level}: ${note.text}`] : []));
}

/** The guests of a plugin, without what stands around them: their command line names its folder. */
export function guestsOf(root: string): readonly number[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.map(Number).filter((pid) => {
    try {
      const [command, ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return !/(bwrap|setpriv)$/.test(command ?? '') && args.includes(`--allow-fs-read=${root}`) && isAlive(pid);
    } catch {
      // It ended between the list and the look.
      return false;
    }
  });
}

/** Waits for a guest that was not there before, which is a spare. Gives up soon: a plugin's first run brings none, and whoever asks runs once more. */
export async function untilSpare(root: string, before: readonly number[]): Promise<void> {
  const isThere = (): boolean => guestsOf(root).some((pid) => !before.includes(pid));
  await vi.waitUntil(isThere, { timeout: 100, interval: 2 }).catch(() => undefined);
}

/** Whether a process runs. One that has ended and was not yet collected by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/** Waits until a process is gone, for ten seconds at most: a busy machine takes its time to end one. */
export async function untilGone(pid: number): Promise<void> {
  const end = performance.now() + 10_000;
  while (isAlive(pid) && performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
}
