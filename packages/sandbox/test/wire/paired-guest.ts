import { createError } from '@kb-labs/contracts';
import type {
  GuestNote,
  HandlerContext,
  PluginError,
  SandboxCall,
  SandboxHost,
  SandboxOutcome,
} from '@kb-labs/contracts';
import { serveGuest } from '../../src/wire/guest-peer.js';
import type { GuestPeer, GuestRunFacts } from '../../src/wire/guest-peer.js';
import { createSession } from '../../src/wire/session.js';
import type { Session } from '../../src/wire/session.js';
import type { WireTransport } from '../../src/wire/transport.js';
import { planFor } from '../fork/fork-scene.js';
import type { RunOptions } from '../fork/fork-scene.js';

export type Handler = (input: never, ctx: HandlerContext) => unknown;

/** What a module is when it is loaded: its exports, made by code that may say and open things, throw, or take its time. */
export type Modules = Readonly<Record<string, (guest: PairedGuest) => object | Promise<object>>>;

export interface PairedGuest {
  readonly session: Session;
  readonly peer: GuestPeer;
  /** What the guest was told before its code was loaded, each time it was. */
  readonly prepared: GuestRunFacts[];
  /** The modules that were loaded, in order. */
  readonly loaded: string[];
  /** Kinds of resources that are open in the guest. */
  readonly open: string[];
  /** What was done to the guest, in order. */
  readonly fate: string[];
  readonly notes: GuestNote[];
  run(options?: PairedRun): Promise<SandboxOutcome>;
  preload(more?: Partial<SandboxCall>): Promise<boolean>;
}

interface PairedRun {
  readonly call?: Partial<SandboxCall>;
  readonly answer?: SandboxHost['call'];
  readonly onNote?: SandboxHost['note'];
}

const call: SandboxCall = {
  executionId: 'e',
  handler: { file: 'main', export: 'handle' },
  inputSchema: undefined,
  outputSchema: undefined,
  outputParts: [],
  input: 1,
  api: [],
  signal: new AbortController().signal,
};

/** Both sides of the wire in one process: a real session, and a real guest whose modules are functions of the test. */
export async function pairGuest(modules: Modules, options: RunOptions = {}): Promise<PairedGuest> {
  const { host, guest: far } = connect();
  const gone = Promise.withResolvers<PluginError>();
  const [prepared, loaded, open, fate, notes] = [[], [], [], [], []] as const satisfies unknown[];
  const facts = { prepared, loaded, open, fate, notes } as unknown as Omit<PairedGuest, 'session' | 'peer'>;
  const quit = async (): Promise<void> => {
    facts.fate.push('quit');
    far.close();
    gone.resolve(createError('ERR_SANDBOX_CRASHED', 'it was killed'));
  };
  const session = createSession({
    transport: host,
    plan: planFor('/plugin', options),
    stays: true,
    lifeline: {
      terminate: () => facts.fate.push('terminate'),
      quit,
      gone: gone.promise,
      usage: () => ({ cpuMs: undefined, peakMemoryBytes: undefined }),
    },
  });
  const peer = serveGuest({
    transport: far,
    async load(file) {
      facts.loaded.push(file);
      return { namespace: { ...(await modules[file]?.(paired)) } };
    },
    prepare: (told) => facts.prepared.push(told),
    leave: () => facts.fate.push('leave'),
    leaked: () => [...facts.open],
  });
  const paired: PairedGuest = {
    ...facts,
    session,
    peer,
    preload: (more) => session.preload({ ...call, ...more }),
    run: ({ call: more, answer, onNote } = {}) =>
      session.run(
        { ...call, ...more },
        { call: answer ?? (() => Promise.resolve('answer')), note: onNote ?? ((note) => facts.notes.push(note)) },
      ),
  };
  await session.start();
  return paired;
}

function connect(): { readonly host: WireTransport; readonly guest: WireTransport } {
  const receivers: ((bytes: Uint8Array) => unknown)[] = [];
  let isOpen = true;
  const end = (own: number): WireTransport => ({
    send: (frame) =>
      void queueMicrotask(() => {
        if (isOpen) receivers[1 - own]?.(frame.slice());
      }),
    sendsViews: true,
    receive: (onBytes) => void (receivers[own] = onBytes),
    pendingBytes: () => 0,
    close: () => void (isOpen = false),
  });
  return { host: end(0), guest: end(1) };
}

/** The lines of these notes. */
export function linesOf(notes: readonly GuestNote[]): string[] {
  return notes.flatMap((note) => (note.kind === 'log' ? [`${note.source}: ${note.text}`] : []));
}
