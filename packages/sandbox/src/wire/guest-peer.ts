import type { LogLevel, LogSource } from '@kb-labs/contracts';
import { createGuestContext } from './guest-context.js';
import type { GuestContext } from './guest-context.js';
import { createGuestOutput } from './guest-output.js';
import type { GuestOutput } from './guest-output.js';
import type { GuestPort } from './guest-port.js';
import { encodeVerdict } from './encode-verdict.js';
import { createFrameDecoder, encodeFrame } from './frame.js';
import { createCallTable, makeCallError } from './guest-calls.js';
import type { CallTable } from './guest-calls.js';
import { describeFailure, runInGuest } from './guest-run.js';
import type { GuestVerdict, ModuleLoader } from './guest-run.js';
import { WIRE_VERSION } from './messages.js';
import type { GuestMessage, HostCallFailure, HostMessage } from './messages.js';
import type { WireTransport } from './transport.js';
import { armTimer, createSettled } from './waiting.js';
import { decodeValue } from './decode-value.js';
import { encodeValue } from './encode-value.js';

type RunMessage = Extract<HostMessage, { t: 'run' }>;

/** What an adapter brings to the guest's side: the channel, and how modules load and a guest leaves where it runs. */
export interface GuestPeerOptions {
  readonly transport: WireTransport;
  readonly load: ModuleLoader;
  /** Called when a run is asked for, before any code of the plugin is loaded: set the environment, replace globals. */
  readonly prepare: (run: GuestRunFacts, peer: GuestPeer) => void;
  /** Called once the host has said that it is over and everything has been sent: leave now. */
  readonly leave: () => void;
  /** Kinds of resources that the handler left open. */
  readonly leaked: () => readonly string[];
}

/** What there is to know before any code of the plugin runs. `fetch` is undefined where it was not granted. */
export interface GuestRunFacts {
  readonly env: Readonly<Record<string, string>>;
  readonly root: string;
  readonly fetch: typeof globalThis.fetch | undefined;
}

/** What the surroundings of a handler can tell the host besides what the handler does. */
export interface GuestPeer {
  /** Sends a line that did not come through `ctx.log`. */
  log(level: LogLevel, source: LogSource, text: string): void;
  /** Ends the run with what was thrown outside of it: an uncaught exception, an unhandled rejection. */
  fail(thrown: unknown): void;
}

/** Trusts its host. A host that sends what it should not is a bug, so messages are not checked again on this side. */
const HOST_FRAMES = {
  maxJsonBytes: 0xff_ff_ff_ff,
  maxBinaryBytes: 0xff_ff_ff_ff,
  maxDepth: 1_000,
  maxElements: 100_000_000,
  maxCallJsonBytes: 0xff_ff_ff_ff,
  maxCallElements: 100_000_000,
};

/** The guest's side of the wire: says `ready`, serves one run, cleans up, says `done`. Nothing here is trusted by the host. */
export function serveGuest(options: GuestPeerOptions): GuestPeer {
  const { transport } = options;
  const send = (message: GuestMessage): void => transport.send(encodeFrame(encodeValue(message)));
  const state = createGuestState(send, (frame) => transport.send(frame));
  const peer: GuestPeer = {
    log: (level, source, text) => state.output.log({ level, source, text, fields: undefined }),
    fail: (thrown) => state.conclude(describeFailure(thrown, 'handler', state.root)),
  };
  const decoder = createFrameDecoder(HOST_FRAMES);

  const handle = (message: HostMessage): void => {
    switch (message.t) {
      case 'run':
        state.running = serveRun(message, options, { state, peer });
        break;
      case 'reply':
        state.calls.settle(message);
        break;
      case 'abort':
        revoke(state, makeAbortError(message));
        break;
      case 'end':
        void serveEnd(options, state, send);
        break;
      default:
        message satisfies never;
    }
  };
  transport.receive(
    (bytes) => {
      for (const message of decoder.push(bytes)) handle(decodeValue(message) as HostMessage);
    },
    () => options.leave(),
  );
  send({ t: 'ready', version: WIRE_VERSION });
  return peer;
}

interface GuestState {
  readonly abort: AbortController;
  readonly calls: CallTable;
  readonly port: GuestPort;
  readonly output: GuestOutput;
  /** Sends the verdict; the first one counts. */
  readonly conclude: (verdict: GuestVerdict) => void;
  root: string;
  graceMs: number;
  context: GuestContext | undefined;
  /** Resolves when the handler has come to an end of its own. */
  running: Promise<void>;
}

function createGuestState(send: (message: GuestMessage) => void, sendFrame: (frame: Uint8Array) => void): GuestState {
  const calls = createCallTable(sendFrame);
  const output = createGuestOutput(send);
  let concluded = false;
  return {
    abort: new AbortController(),
    calls,
    port: {
      call: (name, args, signal) => calls.call(name, args, signal),
      log: (level, text, fields) => output.log({ level, source: 'log', text, fields }),
      progress: (message, fraction) => output.progress(message, fraction),
      track: (name, attributes) => output.track(name, attributes),
    },
    output,
    conclude: (verdict) => {
      if (!concluded) sendFrame(encodeVerdict(verdict));
      concluded = true;
    },
    root: '',
    graceMs: 0,
    context: undefined,
    running: Promise.resolve(),
  };
}

/** Takes `ctx` away: calls that are open or come later fail with this error. */
function revoke(state: GuestState, error: Error): void {
  state.context?.end();
  state.calls.close(error);
  state.abort.abort(error);
}

function makeAbortError({ code, reason }: Extract<HostMessage, { t: 'abort' }>): Error {
  return Object.assign(new Error(reason), { name: 'AbortError', code });
}

async function serveRun(
  message: RunMessage,
  options: GuestPeerOptions,
  { state, peer }: { readonly state: GuestState; readonly peer: GuestPeer },
): Promise<void> {
  state.calls.limit(message.limits);
  state.output.limit(message.limits.maxOutputBytes);
  const context = createGuestContext(state.port, { api: message.api, env: message.env, signal: state.abort.signal });
  state.context = context;
  state.root = message.root;
  state.graceMs = message.limits.graceMs;
  options.prepare({ env: message.env, root: message.root, fetch: context.ctx.fetch }, peer);
  const task = { ...message, maxResultBytes: message.limits.maxResultBytes };
  state.conclude(await runInGuest(task, context, options.load));
}

async function serveEnd(
  options: GuestPeerOptions,
  state: GuestState,
  send: (message: GuestMessage) => void,
): Promise<void> {
  const leaked = options.leaked();
  state.context?.end();
  state.calls.close(makeCallError(RUN_OVER));
  await settledWithin(state.running, state.graceMs / 2);
  await state.context?.cleanUp();
  send({ t: 'done', leaked });
  options.leave();
}

const RUN_OVER: HostCallFailure = {
  code: 'ERR_PERMISSION_DENIED',
  message: 'the run is over: its context is revoked',
  hint: 'await every host call before the handler returns',
  details: { reason: 'run-over' },
};

/** Gives a handler that was aborted half of the grace to end by itself; its cleanups have the other half. */
async function settledWithin(running: Promise<void>, ms: number): Promise<void> {
  const late = createSettled<void>();
  const stop = armTimer(ms, () => late.settle());
  await Promise.race([running, late.promise]);
  stop();
}
