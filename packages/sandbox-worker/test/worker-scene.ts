import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  GuestNote,
  SandboxAdapter,
  SandboxCall,
  SandboxLimits,
  SandboxOutcome,
  SandboxPlan,
} from '@kb-labs/contracts';

export const limits: SandboxLimits = {
  timeoutMs: 10_000,
  startTimeoutMs: 10_000,
  cpuMs: 10_000,
  memoryMb: 64,
  maxOutputBytes: 100_000,
  maxResultBytes: 1_000_000,
  maxInFlight: 8,
  graceMs: 50,
};

export interface PluginFolder extends Disposable {
  readonly root: string;
}

/** A plugin in a temporary folder, gone with the test. */
export function makePlugin(files: Readonly<Record<string, string>>): PluginFolder {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'kb-worker-')));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(parent, file), text);
  return { root: parent, [Symbol.dispose]: () => rmSync(parent, { recursive: true, force: true }) };
}

export interface RunOptions {
  readonly limits?: Partial<SandboxLimits>;
  readonly env?: Readonly<Record<string, string>>;
  readonly api?: readonly string[];
  readonly signal?: AbortSignal;
}

export function planFor(root: string, options: RunOptions = {}): SandboxPlan {
  return {
    plugin: { id: 'test-plugin', version: '1.0.0', root },
    limits: { ...limits, ...options.limits },
    env: options.env ?? {},
    policyDigest: 'none',
    isolation: { kind: 'execution' },
    signal: new AbortController().signal,
  };
}

export interface GuestRun {
  readonly outcome: SandboxOutcome;
  readonly notes: readonly GuestNote[];
}

/** Runs the `handle` of the plugin's `main.mjs` once, and leaves nothing behind. */
export async function runOnce(adapter: SandboxAdapter, root: string, options: RunOptions = {}): Promise<GuestRun> {
  await using place = await adapter.acquire(planFor(root, options));
  const notes: GuestNote[] = [];
  const call: SandboxCall = {
    executionId: 'e',
    handler: { file: join(root, 'main.mjs'), export: 'handle' },
    inputSchema: undefined,
    outputSchema: undefined,
    outputParts: [],
    input: undefined,
    api: options.api ?? [],
    signal: options.signal ?? new AbortController().signal,
  };
  const outcome = await place.run(call, { call: () => Promise.resolve('answer'), note: (note) => notes.push(note) });
  return { outcome, notes };
}

/** Runs the body of an async handler; `ctx` is at hand, and Node's modules by `await import`. */
export async function runBody(adapter: SandboxAdapter, body: string, options: RunOptions = {}): Promise<GuestRun> {
  using plugin = makePlugin({ 'main.mjs': `export async function handle(input, ctx) {\n${body}\n}\n` });
  return await runOnce(adapter, plugin.root, options);
}

export function valueOf({ outcome }: GuestRun): unknown {
  if (outcome.ok) return outcome.value;
  throw new Error(`the run failed: ${outcome.error.code} ${outcome.error.message}`, { cause: outcome.guestError });
}

/** The code that a run ended with, or `ok`. */
export function codeOf({ outcome }: GuestRun): string {
  return outcome.ok ? 'ok' : outcome.error.code;
}
