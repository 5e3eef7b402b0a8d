import { createError } from '@kb-labs/contracts';
import type { GuestNote, PluginError, SandboxCall, SandboxLimits, SandboxOutcome } from '@kb-labs/contracts';
import { createSession } from '@kb-labs/sandbox/wire';
import { frameOf } from './guest-stream.js';

const limits: SandboxLimits = {
  timeoutMs: 10_000,
  startTimeoutMs: 10_000,
  cpuMs: 10_000,
  memoryMb: 64,
  maxOutputBytes: 100_000,
  maxResultBytes: 1_000_000,
  maxInFlight: 4,
  graceMs: 10,
};
const plan = {
  plugin: { id: 'plugin', version: '1.0.0', root: '/plugin' },
  limits,
  env: {},
  policyDigest: 'none',
  isolation: { kind: 'execution' as const },
  signal: new AbortController().signal,
};
const call: SandboxCall = {
  executionId: 'e',
  handler: { file: '/plugin/a.js', export: 'handle' },
  inputSchema: undefined,
  outputSchema: undefined,
  outputParts: [],
  input: 1,
  api: ['fs.stat'],
  signal: new AbortController().signal,
};

/** How a run ended, and what was told of it. */
export interface Played {
  readonly outcome: SandboxOutcome;
  readonly notes: readonly GuestNote[];
  /** Settlements of the run: one, or the session is broken. */
  readonly settled: number;
}

/**
 * The host's side of one run, whose guest writes these bytes in pieces of this size and ends. `isReady` puts a whole `ready` in front of them; without it
 * the bytes have to bring their own.
 */
export async function play(bytes: Buffer, piece: number, isReady = true): Promise<Played> {
  const gone = Promise.withResolvers<PluginError>();
  const end = (): void => gone.resolve(createError('ERR_SANDBOX_CRASHED', 'it ended by itself'));
  let take: (bytes: Uint8Array) => Promise<void> | undefined | void = () => undefined;
  const session = createSession({
    transport: {
      send: () => undefined,
      sendsViews: true,
      receive: (onBytes) => void (take = onBytes),
      pendingBytes: () => 0,
      close: () => undefined,
    },
    plan,
    stays: false,
    lifeline: {
      terminate: end,
      quit: async () => end(),
      gone: gone.promise,
      usage: () => ({ cpuMs: 1, peakMemoryBytes: 2 }),
    },
  });
  const feed = async (part: Buffer): Promise<void> => {
    for (let at = 0; at < part.length; at += piece) await take(part.subarray(at, at + piece));
  };
  const notes: GuestNote[] = [];
  let settled = 0;
  try {
    await feed(isReady ? frameOf({ t: 'ready', version: 3 }) : bytes);
    if (!isReady) end();
    await session.start();
    const running = session.run(call, { call: () => Promise.resolve('answer'), note: (note) => notes.push(note) });
    void running.then(() => (settled += 1));
    if (isReady) await feed(bytes);
    end();
    const outcome = await running;
    return { outcome, notes, settled };
  } catch (error) {
    const usage = { cpuMs: 0, peakMemoryBytes: 0, outputBytes: 0, resultBytes: 0, leaked: [] };
    return {
      outcome: { ok: false, error: error as PluginError, guestError: undefined, phase: 'load', usage },
      notes,
      settled: 1,
    };
  } finally {
    await session.dispose();
    // A host's event loop turns between two runs, and lets go of what waits for that.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
