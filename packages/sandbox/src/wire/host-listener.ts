import { createError, isPluginError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';
import { decodeMessage } from './decode-value.js';
import { FrameError } from './frame.js';
import { createFrameDecoder } from './frame-decoder.js';
import type { HostRun } from './host-run.js';
import type { WireLimits } from './limits.js';
import { WIRE_VERSION } from './messages.js';
import type { GuestMessage } from './messages.js';
import { createPacedReader } from './paced-reader.js';
import type { PacedReader } from './paced-reader.js';
import { parseGuestMessage } from './parse-guest-message.js';
import type { WireTransport } from './transport.js';
import type { EncodedValue } from './wire-value.js';

/** What a host hears from its guest beside its runs, each once at most. */
export interface HostPeerEvents {
  onReady(): void;
  onLoaded(ok: boolean): void;
  /**
   * `ERR_PROTOCOL`, `ERR_OUTPUT_EXCEEDED`, or `ERR_SANDBOX_CRASHED` where the channel ended before its time. The guest must be ended. `run` has
   * brought it about, where that is known.
   */
  onBroken(error: PluginError, run: number | undefined): void;
}

/** How far a guest and its host have come. Each word has its time. */
export interface HostProgress {
  isReady: boolean;
  isLoading: boolean;
  isRealmTold: boolean;
  isBroken: boolean;
}

/** Who hears a guest, and how far it has come. */
export interface ListenParts {
  readonly runs: Map<number, HostRun>;
  readonly progress: HostProgress;
  readonly events: HostPeerEvents;
  readonly breakOff: (error: PluginError, run?: number) => void;
}

/** Whatever goes wrong while a guest's bytes are read is the guest's doing, and ends it. */
export function listenToGuest(
  transport: WireTransport,
  wire: WireLimits,
  parts: ListenParts,
): Pick<PacedReader, 'idle'> {
  const { runs, progress, breakOff } = parts;
  const decoder = createFrameDecoder(wire);
  const reader = createPacedReader<EncodedValue>({
    decode: (bytes, take) => (progress.isBroken ? undefined : decoder.read(bytes, take)),
    handle(encoded) {
      if (progress.isBroken) return;
      const message = readMessage(encoded);
      const run = 'run' in message && runs.has(message.run) ? message.run : undefined;
      try {
        handle(message, encoded, parts);
      } catch (error) {
        breakOff(protocolError(error), run);
      }
    },
    onEnd: () => breakOff(createError('ERR_SANDBOX_CRASHED', 'the guest closed its channel')),
    onError: (error) => breakOff(protocolError(error)),
  });
  transport.receive(
    (bytes) => reader.read(bytes),
    () => reader.end(),
  );
  return reader;
}

function handle(message: GuestMessage, encoded: EncodedValue, { runs, progress, events }: ListenParts): void {
  if (message.t === 'ready') {
    if (progress.isReady) throw new FrameError('"ready" out of turn');
    if (message.version !== WIRE_VERSION)
      throw new FrameError(`wire version ${message.version}, ${WIRE_VERSION} is spoken here`);
    progress.isReady = true;
    return events.onReady();
  }
  if (message.t === 'loaded') {
    if (!progress.isLoading) throw new FrameError('"loaded" out of turn');
    progress.isLoading = false;
    return events.onLoaded(message.ok);
  }
  // It was never opened, or it is over.
  const run = runs.get(message.run);
  if (run === undefined) throw new FrameError(`"${message.t}" out of turn`);
  const isOver = message.t === 'done';
  if (isOver) runs.delete(message.run);
  run.hear(message, encoded);
  if (message.t === 'result' && message.isLast) runs.delete(message.run);
}

function readMessage(encoded: EncodedValue): GuestMessage {
  const message = parseGuestMessage(decodeMessage(encoded));
  if (message === undefined) throw new FrameError('a message that no guest may send');
  return message;
}

function protocolError(error: unknown): PluginError {
  if (isPluginError(error)) return error;
  const reason = error instanceof FrameError || error instanceof TypeError ? error.message : 'an unreadable message';
  return createError('ERR_PROTOCOL', `the guest broke the protocol: ${reason}`, { cause: error });
}
