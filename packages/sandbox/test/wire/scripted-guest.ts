import type { GuestNote, SandboxCall, SandboxHost, SandboxLimits, SandboxPlan, PluginError } from '@kb-labs/contracts';
import { createError } from '@kb-labs/contracts';
import { decodeValue } from '../../src/wire/decode-value.js';
import { encodeValue } from '../../src/wire/encode-value.js';
import { encodeFrame } from '../../src/wire/frame.js';
import { createFrameDecoder } from '../../src/wire/frame-decoder.js';
import { createSession } from '../../src/wire/session.js';
import type { GuestLifeline } from '../../src/wire/guest-fate.js';
import type { Session } from '../../src/wire/session.js';

const limits: SandboxLimits = {
  timeoutMs: 10_000,
  startTimeoutMs: 10_000,
  cpuMs: 10_000,
  memoryMb: 64,
  maxOutputBytes: 10_000,
  maxResultBytes: 10_000,
  maxInFlight: 2,
  graceMs: 60,
};

const wide = {
  maxJsonBytes: 2 ** 30,
  maxBinaryBytes: 2 ** 30,
  maxDepth: 1_000,
  maxElements: 1_000_000,
  maxCallJsonBytes: 2 ** 30,
  maxCallElements: 1_000_000,
};

export interface ScriptedGuest {
  /** How many messages left together, each time that some left. */
  readonly pieces: readonly number[];
  readonly session: Session;
  readonly notes: GuestNote[];
  /** What the host sent, whole messages. */
  readonly heard: { readonly t: string; readonly [key: string]: unknown }[];
  /** What was done to the guest, in order. */
  readonly fate: string[];
  say(...messages: unknown[]): void;
  sayBytes(bytes: Uint8Array): void;
  hangUp(): void;
  /** Ends the guest as its own process would. */
  die(): void;
  run(options?: RunOptions): ReturnType<Session['run']>;
}

interface RunOptions {
  readonly call?: Partial<SandboxCall>;
  readonly answer?: SandboxHost['call'];
  readonly onNote?: SandboxHost['note'];
}

export interface GuestHabits {
  readonly limits?: Partial<SandboxLimits>;
  /** Called with each message of the host. */
  readonly onMessage?: (t: string, guest: ScriptedGuest) => void;
  readonly onTerminate?: (guest: ScriptedGuest) => void;
  readonly unread?: () => number;
  /** Once ended by force it runs no more, and is not gone either. */
  readonly lingers?: boolean;
  readonly signal?: AbortSignal;
  readonly stays?: boolean;
  readonly usage?: GuestLifeline['usage'];
}

function planOf(habits: GuestHabits): SandboxPlan {
  return {
    plugin: { id: 'plugin', version: '1.0.0', root: '/plugin' },
    limits: { ...limits, ...habits.limits },
    env: {},
    policyDigest: 'none',
    isolation: { kind: 'execution' },
    signal: habits.signal ?? new AbortController().signal,
  };
}

/** A guest that says what a test wants it to say: raw frames over a channel in memory, and a life that can be ended. */
export function scriptGuest(habits: GuestHabits = {}): ScriptedGuest {
  const heard: ScriptedGuest['heard'] = [];
  const pieces: number[] = [];
  const fate: string[] = [];
  const notes: GuestNote[] = [];
  const gone = Promise.withResolvers<PluginError>();
  const decoder = createFrameDecoder(wide);
  let onBytes: (bytes: Uint8Array) => void = () => undefined;
  let onEnd: () => void = () => undefined;
  const end = (how: string): void => gone.resolve(createError('ERR_SANDBOX_CRASHED', how));
  const note = (what: string): void => void fate.push(what);
  const session = createSession({
    transport: {
      send(frame) {
        const frames = decoder.push(frame);
        pieces.push(frames.length);
        for (const encoded of frames) {
          const message = decodeValue(encoded) as ScriptedGuest['heard'][number];
          heard.push(message);
          if (message.t !== 'reply') note(message.t);
          queueMicrotask(() => habits.onMessage?.(message.t, guest));
        }
      },
      sendsViews: true,
      receive: (bytes, ended) => ([onBytes, onEnd] = [bytes, ended]),
      pendingBytes: () => habits.unread?.() ?? 0,
      close: () => note('close'),
    },
    plan: planOf(habits),
    stays: habits.stays ?? false,
    lifeline: {
      terminate() {
        note('terminate');
        habits.onTerminate?.(guest);
      },
      async quit() {
        note('quit');
        if (habits.lingers !== true) end('it was killed');
      },
      gone: gone.promise,
      usage: habits.usage ?? (() => ({ cpuMs: 1, peakMemoryBytes: 2 })),
    },
  });
  const guest: ScriptedGuest = {
    session,
    pieces,
    notes,
    heard,
    fate,
    say(...messages) {
      for (const message of messages) onBytes(encodeFrame(encodeValue(message)));
    },
    sayBytes: (bytes) => onBytes(bytes),
    hangUp: () => onEnd(),
    die: () => end('it ended by itself'),
    run: ({ call, answer, onNote } = {}) =>
      session.run(
        {
          executionId: 'e',
          handler: { file: '/plugin/a.js', export: 'handle' },
          inputSchema: undefined,
          outputSchema: undefined,
          outputParts: [],
          input: 1,
          api: [],
          signal: new AbortController().signal,
          ...call,
        },
        { call: answer ?? (() => Promise.resolve('answer')), note: onNote ?? ((said) => notes.push(said)) },
      ),
  };
  return guest;
}

export const ready = { t: 'ready', version: 3 };
export const result = (value: unknown, run = 1): object => ({ t: 'result', run, ok: true, value });
export const lastResult = (value: unknown, run = 1): object => ({ ...result(value, run), isLast: true });
export const done = (more: object = {}): object => ({ t: 'done', run: 1, leaked: [], reusable: true, ...more });
export const log = (text: string, more: object = {}): object => ({
  t: 'log',
  run: 1,
  level: 'info',
  source: 'log',
  text,
  fields: {},
  ...more,
});

/** One that is ready, and running. */
export async function startGuest(habits: GuestHabits = {}): Promise<ScriptedGuest> {
  const guest = scriptGuest(habits);
  guest.say(ready);
  await guest.session.start();
  return guest;
}
