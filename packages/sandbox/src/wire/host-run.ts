import { createError } from '@kb-labs/contracts';
import type { PluginError, SandboxCall, SandboxHost, SandboxLimits } from '@kb-labs/contracts';
import { FrameError } from './frame.js';
import { createHostCalls } from './host-calls.js';
import type { HostCalls } from './host-calls.js';
import type { HostMessage, RunMessage } from './messages.js';
import { measureValue } from './output-budget.js';
import type { OutputGate } from './output-gate.js';
import type { EncodedValue } from './wire-value.js';

type GuestResult = Extract<RunMessage, { t: 'result' }>;

/** What a host hears of one run, each once at most. */
export interface HostRunEvents {
  /** The first result counts; a second one breaks the protocol. `bytes` is what it took on the wire. */
  onResult(result: GuestResult, bytes: number): void;
  onDone(leaked: readonly string[], reusable: boolean): void;
}

/** What a run has of its guest. */
export interface HostRunParts {
  readonly limits: SandboxLimits;
  /** Must throw `UnsendableError` for what the wire cannot carry. */
  readonly send: (message: HostMessage) => void;
  /** Whether the guest has answers to read before it can have more. */
  readonly isBehind: () => boolean;
  /** The guest must be ended, and this run has brought it about. */
  readonly breakOff: (error: PluginError) => void;
  readonly output: OutputGate;
}

/** One run as the host's side keeps it: what the guest may say in it, and what it is answered. */
export interface HostRun {
  readonly id: number;
  /** Takes a word of the guest. Throws `FrameError` for one that is out of turn, or not lent. */
  hear(message: RunMessage, encoded: EncodedValue): void;
  /** Refuses calls that come now, aborts those under way, and tells the guest that the run is to end. */
  abort(code: string, reason: string): void;
  /** The guest has broken off, and is heard no more. */
  lose(error: PluginError): void;
  readonly output: OutputGate;
}

/** Makes a run that is about to be sent. */
export function createHostRun(id: number, order: RunOrder, parts: HostRunParts): HostRun {
  const { limits, send, isBehind, breakOff, output } = parts;
  const state: RunState = { hasResult: false, isAborted: false, mayTrack: order.call.api.includes('analytics.track') };
  const calls = createHostCalls({
    host: order.host,
    maxInFlight: limits.maxInFlight,
    send: (reply) => send({ t: 'reply', run: id, ...reply }),
    isBehind,
    onFlood: () => breakOff(createError('ERR_PROTOCOL', 'the guest went on calling beyond maxInFlight')),
  });
  output.serve(order.host);

  return {
    id,
    output,
    hear: createEar({ calls, state, events: order.events, ...parts }),
    abort(code, reason) {
      state.isAborted = true;
      calls.close();
      send({ t: 'abort', run: id, code, reason });
    },
    lose(error) {
      calls.close();
      // The first result stands, whatever comes after it. That its channel ends is how a guest leaves.
      if (state.hasResult && error.code === 'ERR_PROTOCOL')
        output.warn(`${error.code} after the result: ${error.message}`);
    },
  };
}

/** What is asked of a guest, and who answers it. */
export interface RunOrder {
  readonly call: SandboxCall;
  readonly host: SandboxHost;
  readonly events: HostRunEvents;
}

interface RunState {
  hasResult: boolean;
  isAborted: boolean;
  /** Whether this run was lent `analytics.track`. */
  readonly mayTrack: boolean;
}

interface EarParts extends HostRunParts {
  readonly calls: HostCalls;
  readonly state: RunState;
  readonly events: HostRunEvents;
}

function createEar({ calls, state, events, output, breakOff }: EarParts): HostRun['hear'] {
  return (message, encoded) => {
    switch (message.t) {
      case 'call':
        return calls.begin(message);
      case 'cancel':
        return calls.cancel(message.id);
      case 'log':
        return output.log(message);
      case 'progress':
        return output.progress(message.message, message.fraction);
      case 'track':
        if (!state.mayTrack) throw new FrameError('"track" was not lent');
        return output.track(message);
      case 'result':
        if (state.hasResult) return breakOff(createError('ERR_PROTOCOL', 'the guest sent a second result'));
        state.hasResult = true;
        calls.close();
        events.onResult(message, measureResult(encoded));
        return message.isLast ? events.onDone([], true) : undefined;
      case 'done':
        if (!state.hasResult && !state.isAborted) throw new FrameError('"done" out of turn');
        return events.onDone(message.leaked, message.reusable);
      default:
        message satisfies never;
    }
  };
}

/** The value alone, as the guest's side measures it before it sends. */
function measureResult({ json, binary }: EncodedValue): number {
  const value = typeof json === 'object' && json !== null && 'value' in json ? json.value : null;
  return measureValue({ json: value, binary });
}
