import type { LogLevel, LogSource } from '@kb-labs/contracts';
import { decodeMessage } from './decode-value.js';
import { encodeValue } from './encode-value.js';
import { createFrameDecoder } from './frame-decoder.js';
import { createFrameSender } from './frame-sender.js';
import type { FrameSender } from './frame-sender.js';
import { enterRealm } from './guest-realm.js';
import type { EnteredRealm } from './guest-realm.js';
import type { ModuleLoader } from './guest-run.js';
import { createGuestRuns } from './guest-runs.js';
import type { GuestRuns } from './guest-runs.js';
import { HOST_FRAMES } from './limits.js';
import { WIRE_VERSION } from './messages.js';
import type { GuestMessage, GuestModules, GuestRealm, HostMessage } from './messages.js';
import { preloadModules, rememberModules } from './preload.js';
import { rehearse } from './rehearsal.js';
import { hasStackRoom } from './stack-room.js';
import { createServedRun } from './served-run.js';
import type { WireTransport } from './transport.js';

/** What an adapter brings to the guest's side: the channel, and how modules load and a guest leaves where it runs. */
export interface GuestPeerOptions {
  readonly transport: WireTransport;
  readonly load: ModuleLoader;
  /** Called once, before any code of the plugin is loaded: set the environment, replace globals. */
  readonly prepare: (facts: GuestRunFacts, peer: GuestPeer) => void;
  /** Called when nobody is left to serve, the channel has ended: leave now. */
  readonly leave: () => void;
  /** Kinds of resources that were opened since `prepare` and are open still. */
  readonly leaked: () => readonly string[];
}

/** What there is to know before any code of the plugin runs. `fetch` is undefined where it was not granted. */
export interface GuestRunFacts {
  readonly env: Readonly<Record<string, string>>;
  readonly root: string;
  readonly fetch: typeof globalThis.fetch | undefined;
}

/** What the surroundings of a handler can tell the host besides what the handler does. Each goes to the run whose code is running. */
export interface GuestPeer {
  /** Sends a line that did not come through `ctx.log`. */
  log(level: LogLevel, source: LogSource, text: string): void;
  /** Ends the run with what was thrown outside of it: an uncaught exception, an unhandled rejection. */
  fail(thrown: unknown): void;
  /** Sends what waits for the end of this turn. To be called where the guest exits in the middle of one. */
  flush(): void;
  /** Whether no run is under way, and nothing is being loaded: what comes next is a word of the host. */
  readonly isResting: boolean;
}

/**
 * The guest's side of the wire: says `ready`, prepares its realm once, and serves runs, one after the other or several at once, each with
 * its own `ctx`, until the channel ends. Nothing here is trusted by the host.
 */
export function serveGuest(options: GuestPeerOptions): GuestPeer {
  const { transport } = options;
  const guest = createGuest(options);
  const decoder = createFrameDecoder(HOST_FRAMES);
  transport.receive(
    (bytes) => {
      for (const message of decoder.push(bytes)) guest.handle(decodeMessage(message) as HostMessage);
    },
    () => options.leave(),
  );
  guest.send({ t: 'ready', version: WIRE_VERSION });
  return guest.peer;
}

interface Guest {
  readonly peer: GuestPeer;
  send(message: GuestMessage): void;
  handle(message: HostMessage): void;
}

function createGuest(options: GuestPeerOptions): Guest {
  const runs = createGuestRuns();
  const sender = createFrameSender({ ...options.transport, hasRoom: hasStackRoom });
  const send = (message: GuestMessage): void => sender.send(encodeValue(message));
  const state: GuestState = {
    runs,
    load: rememberModules(options.load),
    send,
    sender,
    isLoading: false,
    isSound: true,
  };
  const peer = createPeer(state, options);
  const begin = createBeginner(state, options);
  const enter = (facts: GuestRealm): void => {
    state.realm = enterRealm(facts, runs);
    options.prepare({ env: facts.env, root: facts.root, fetch: state.realm.fetch }, peer);
  };
  const handle = (message: HostMessage): void => {
    switch (message.t) {
      case 'preload':
        enter(message.realm);
        return void preload(message, state, options.leaked);
      case 'run':
        if (message.realm !== undefined) enter(message.realm);
        return begin(message);
      case 'reply':
        return runs.get(message.run)?.settle(message);
      case 'abort':
        return runs.get(message.run)?.abort(makeAbortError(message));
      default:
        message satisfies never;
    }
  };
  return { peer, send, handle };
}

interface GuestState {
  readonly runs: GuestRuns;
  readonly load: ModuleLoader;
  readonly send: (message: GuestMessage) => void;
  readonly sender: FrameSender;
  /** Told once, with the first word of the host. */
  realm?: EnteredRealm;
  isLoading: boolean;
  /** Nothing was thrown that nobody caught. */
  isSound: boolean;
}

function createPeer(state: GuestState, { leave }: GuestPeerOptions): GuestPeer {
  const { runs, sender } = state;
  return {
    flush: sender.flush,
    get isResting() {
      return runs.size === 0 && !state.isLoading;
    },
    log(level, source, text) {
      const output = runs.current()?.output ?? state.realm?.earlyOutput()?.output;
      output?.log({ level, source, text, fields: undefined });
    },
    fail(thrown) {
      state.isSound = false;
      const current = runs.current();
      for (const run of current === undefined ? runs.all() : [current]) run.fail(thrown);
      // Nobody hears of it, and the next run would find what it would not find in a new guest.
      if (runs.size === 0 && !state.isLoading) leave();
    },
  };
}

function createBeginner(state: GuestState, { leaked }: GuestPeerOptions) {
  const { runs, load, sender } = state;
  let lastCallId = 0;
  const shared = {
    load,
    sender,
    nextCallId: () => (lastCallId += 1),
    // With others under way nobody can tell whose it is. The last one sees it.
    leftOpen: () => (runs.size > 1 ? [] : leaked()),
    isAlone: () => runs.size === 1,
  };
  return (message: Extract<HostMessage, { t: 'run' }>): void => {
    const { realm } = state;
    if (realm === undefined) return;
    const run = createServedRun(message, { ...shared, realm: realm.facts }, realm.openOutput());
    realm.meet(run);
    void runs.serve(message.run, run);
  };
}

async function preload(modules: GuestModules, state: GuestState, leaked: GuestPeerOptions['leaked']): Promise<void> {
  let isLoaded = true;
  state.isLoading = true;
  try {
    if (state.realm !== undefined) await rehearse({ realm: state.realm.facts, leftOpen: leaked });
    await preloadModules(modules, state.load);
  } catch {
    // The run that needs it fails in the same way, and tells.
    isLoaded = false;
  }
  state.isLoading = false;
  state.send({ t: 'loaded', ok: isLoaded && state.isSound && leaked().length === 0 });
}

function makeAbortError({ code, reason }: Extract<HostMessage, { t: 'abort' }>): Error {
  return Object.assign(new Error(reason), { name: 'AbortError', code });
}
