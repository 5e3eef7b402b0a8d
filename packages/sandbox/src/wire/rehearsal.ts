import { decodeMessage } from './decode-value.js';
import { createEarlyOutput } from './early-output.js';
import { encodeHostMessage } from './encode-message.js';
import { encodeFrame } from './frame.js';
import { createFrameDecoder } from './frame-decoder.js';
import { createFrameSender } from './frame-sender.js';
import { DEFAULT_WIRE_LIMITS, HOST_FRAMES } from './limits.js';
import type { HostMessage } from './messages.js';
import { createServedRun } from './served-run.js';
import type { GuestSurroundings } from './served-run.js';
import type { WireTransport } from './transport.js';

type RunOrder = Extract<HostMessage, { t: 'run' }>;

const ORDER: RunOrder = {
  t: 'run',
  run: 0,
  realm: undefined,
  handler: { file: '', export: 'handle' },
  inputSchema: undefined,
  outputSchema: undefined,
  outputParts: [],
  input: { text: 'a', list: [1] },
  api: [],
};

/** A run that no host sends, as one of a guest would come. */
export function rehearsedFrame(run: number): Uint8Array {
  if (run > 1) return encodeFrame(encodeHostMessage({ ...ORDER, run }));
  const limits = { ...DEFAULT_WIRE_LIMITS, maxInFlight: 1, maxOutputBytes: 0, maxResultBytes: 1_024, graceMs: 1 };
  const realm = { root: '', env: {}, fetch: false, limits };
  return encodeFrame(encodeHostMessage({ ...ORDER, run, realm }));
}

/** The guest's side of a channel that leads nowhere: what is sent is lost, and what is taken comes as if a host had sent it. */
export interface RehearsedChannel {
  readonly transport: WireTransport;
  take(bytes: Uint8Array): void;
}

/** Makes one. What is taken before the guest listens is lost as well. */
export function createRehearsedChannel(): RehearsedChannel {
  let take: (bytes: Uint8Array) => void = () => undefined;
  return {
    transport: {
      send: () => undefined,
      sendsViews: true,
      receive(onBytes) {
        take = (bytes) => void onBytes(bytes);
      },
      pendingBytes: () => 0,
      close: () => undefined,
    },
    take: (bytes) => take(bytes),
  };
}

/**
 * Leads a run of the guest's own making from its frame to its end, with a handler of its own, and says nothing: V8 compiles a function when it is first
 * called, and what a run needs is compiled by then. To be called before any code of the plugin is loaded.
 */
export async function rehearse(guest: Pick<GuestSurroundings, 'realm' | 'leftOpen'>): Promise<void> {
  const namespace = { handle: (input: unknown): unknown => input };
  const surroundings: GuestSurroundings = {
    ...guest,
    sender: createFrameSender({ send: () => undefined, sendsViews: true }),
    nextCallId: () => 0,
    isAlone: () => true,
    load: () => Promise.resolve({ namespace }),
  };
  for (const frame of createFrameDecoder(HOST_FRAMES).push(encodeFrame(encodeHostMessage(ORDER)))) {
    // It is this side's own frame.
    const order = decodeMessage(frame) as RunOrder;
    await createServedRun(order, surroundings, createEarlyOutput(0)).serve();
  }
}
