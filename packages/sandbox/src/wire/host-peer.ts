import { createError, isPluginError } from '@kb-labs/contracts';
import type { PluginError, SandboxCall, SandboxHost, SandboxLimits } from '@kb-labs/contracts';
import { createFrameDecoder, encodeFrame, FrameError } from './frame.js';
import type { FrameDecoder } from './frame.js';
import { createHostCalls } from './host-calls.js';
import type { HostCalls } from './host-calls.js';
import { wireLimitsFor } from './limits.js';
import { isInTurn, NO_PROGRESS } from './host-progress.js';
import type { Progress } from './host-progress.js';
import { WIRE_VERSION } from './messages.js';
import type { GuestMessage, HostMessage } from './messages.js';
import { measureValue } from './output-budget.js';
import { createOutputGate } from './output-gate.js';
import type { OutputGate } from './output-gate.js';
import { createPacedReader } from './paced-reader.js';
import { parseGuestMessage } from './parse-guest-message.js';
import type { WireTransport } from './transport.js';
import { decodeValue } from './decode-value.js';
import { encodeValue } from './encode-value.js';
import type { EncodedValue } from './wire-value.js';

type GuestResult = Extract<GuestMessage, { t: 'result' }>;

/** What a host hears from its guest, once each at most. `onBroken` is the last word: the guest must be ended. */
interface HostPeerEvents {
  onReady(): void;
  /** The first result counts; a second one breaks the protocol. `bytes` is what it took on the wire. */
  onResult(result: GuestResult, bytes: number): void;
  onDone(leaked: readonly string[]): void;
  /** `ERR_PROTOCOL`, `ERR_OUTPUT_EXCEEDED`, or `ERR_SANDBOX_CRASHED` where the channel ended before its time. */
  onBroken(error: PluginError): void;
}

/** The channel, what bounds the guest, and who hears of it. */
export interface HostPeerOptions {
  readonly transport: WireTransport;
  readonly limits: SandboxLimits;
  readonly events: HostPeerEvents;
}

/** The host's side of the wire. It believes nothing: every frame is bounded, decoded and checked, and answers are the host's own. */
export interface HostPeer {
  /** Sends the call and serves what the guest asks for until `end`. Once. */
  run(
    call: SandboxCall,
    host: SandboxHost,
    facts: { readonly root: string; readonly env: Readonly<Record<string, string>> },
  ): void;
  abort(code: string, reason: string): void;
  /** Tells the guest that it is over: calls that come now are refused, those under way are aborted. */
  end(): void;
  /** A line that reached the host another way, such as the guest's raw stdout. */
  readonly output: OutputGate;
}

/** Frames that a guest has not read, at most: beyond it the guest has stopped reading. */
const MAX_UNREAD_FRAMES = 4;

/** Makes the host's peer over a transport. Nothing is sent before `run`. */
export function createHostPeer(options: HostPeerOptions): HostPeer {
  const { transport, limits, events } = options;
  const wire = wireLimitsFor(limits.maxResultBytes);
  const progress: Progress = { ...NO_PROGRESS };
  const maxUnread = MAX_UNREAD_FRAMES * (wire.maxBinaryBytes + wire.maxJsonBytes);

  const breakOff = (error: PluginError): void => {
    if (progress.broken || progress.done) return;
    progress.broken = true;
    if (progress.result) warnOfLateBreak(output, error);
    calls.close();
    events.onBroken(error);
  };
  const send = (message: HostMessage): void => {
    if (progress.broken) return;
    transport.send(encodeFrame(encodeValue(message)));
    if (transport.pendingBytes() > maxUnread)
      breakOff(createError('ERR_PROTOCOL', 'the guest has stopped reading its answers'));
  };
  const calls = createHostCalls({
    maxInFlight: limits.maxInFlight,
    send,
    isBehind: () => transport.pendingBytes() > wire.maxBinaryBytes,
    onFlood: () => breakOff(createError('ERR_PROTOCOL', 'the guest went on calling beyond maxInFlight')),
  });
  const output = createOutputGate(limits.maxOutputBytes, (used) => breakOff(floodError(used, limits)));
  const handle = createHandler({ calls, output, events, progress, breakOff });
  listen(transport, createFrameDecoder(wire), { handle, progress, breakOff });

  return {
    output,
    run(call, host, { root, env }) {
      progress.running = true;
      progress.mayTrack = call.api.includes('analytics.track');
      calls.serve(host);
      output.serve(host);
      const { handler, inputSchema, outputSchema, outputParts, input, api } = call;
      const modules = { handler, inputSchema, outputSchema, outputParts };
      send({ t: 'run', ...modules, input, api, root, env, limits: { ...limits, ...wire } });
    },
    abort: (code, reason) => send({ t: 'abort', code, reason }),
    end() {
      progress.ended = true;
      calls.close();
      send({ t: 'end' });
    },
  };
}

/** The first result stands, whatever comes after it. That its channel ends is how a guest leaves. */
function warnOfLateBreak(output: OutputGate, error: PluginError): void {
  if (error.code === 'ERR_PROTOCOL') output.warn(`${error.code} after the result: ${error.message}`);
}

interface ListenParts {
  readonly handle: (message: GuestMessage, encoded: EncodedValue) => void;
  readonly progress: Progress;
  readonly breakOff: (error: PluginError) => void;
}

/** Whatever goes wrong while a guest's bytes are read is the guest's doing, and ends it. */
function listen(transport: WireTransport, decoder: FrameDecoder, { handle, progress, breakOff }: ListenParts): void {
  const reader = createPacedReader<EncodedValue>({
    decode: (bytes) => (progress.broken ? [] : decoder.read(bytes)),
    handle: (encoded) => (progress.broken ? undefined : handle(readMessage(encoded), encoded)),
    onEnd: () => breakOff(createError('ERR_SANDBOX_CRASHED', 'the guest closed its channel')),
    onError: (error) => breakOff(protocolError(error)),
  });
  transport.receive(
    (bytes) => reader.read(bytes),
    () => reader.end(),
  );
}

function floodError(used: number, { maxOutputBytes }: SandboxLimits): PluginError {
  return createError('ERR_OUTPUT_EXCEEDED', `the guest went on writing after ${maxOutputBytes} bytes of output`, {
    details: { quota: 'maxOutputBytes', used, limit: maxOutputBytes },
    hint: 'write less, or raise quotas.maxOutputBytes in the grant, and in the manifest where there is one',
  });
}

interface HandlerParts {
  readonly calls: HostCalls;
  readonly output: OutputGate;
  readonly events: HostPeerEvents;
  readonly progress: Progress;
  readonly breakOff: (error: PluginError) => void;
}

function createHandler({ calls, output, events, progress, breakOff }: HandlerParts) {
  return (message: GuestMessage, encoded: EncodedValue): void => {
    if (!isInTurn(message.t, progress)) throw new FrameError(`"${message.t}" out of turn`);
    switch (message.t) {
      case 'ready':
        if (message.version !== WIRE_VERSION)
          throw new FrameError(`wire version ${message.version}, ${WIRE_VERSION} is spoken here`);
        progress.ready = true;
        return events.onReady();
      case 'call':
        return calls.begin(message);
      case 'cancel':
        return calls.cancel(message.id);
      case 'log':
        return output.log(message);
      case 'progress':
        return output.progress(message.message, message.fraction);
      case 'track':
        if (!progress.mayTrack) throw new FrameError('"track" was not lent');
        return output.track(message);
      case 'result':
        if (progress.result) return breakOff(createError('ERR_PROTOCOL', 'the guest sent a second result'));
        progress.result = true;
        return events.onResult(message, measureResult(encoded));
      case 'done':
        progress.done = true;
        return events.onDone(message.leaked);
      default:
        message satisfies never;
    }
  };
}

function readMessage(encoded: EncodedValue): GuestMessage {
  const message = parseGuestMessage(decodeValue(encoded));
  if (message === undefined) throw new FrameError('a message that no guest may send');
  return message;
}

/** The value alone, as the guest's side measures it before it sends. */
function measureResult({ json, binary }: EncodedValue): number {
  const value = typeof json === 'object' && json !== null && 'value' in json ? json.value : null;
  return measureValue({ json: value, binary });
}

function protocolError(error: unknown): PluginError {
  if (isPluginError(error)) return error;
  const reason = error instanceof FrameError || error instanceof TypeError ? error.message : 'an unreadable message';
  return createError('ERR_PROTOCOL', `the guest broke the protocol: ${reason}`, { cause: error });
}
