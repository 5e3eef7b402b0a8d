import { createSettled } from '../wire/waiting.js';
import { rehearsedFrame } from '../wire/rehearsal.js';
import { serveHost } from './serve-host.js';

/**
 * Leads a run of its own making through all that a run goes through here, with a handler of its own and no host. Resolves when the run is over: what it
 * takes has been compiled by then. No plugin was near.
 */
export function rehearseAlone(): Promise<void> {
  const { promise, settle } = createSettled<void>();
  const frames = [rehearsedFrame(1)];
  let take: (bytes: Uint8Array) => void = () => undefined;
  serveHost({
    channel: {
      transport: {
        send: () => undefined,
        sendsViews: true,
        receive(onBytes) {
          take = (bytes) => void onBytes(bytes);
        },
        pendingBytes: () => 0,
        close: () => undefined,
      },
      open: () => undefined,
      readUntil() {
        const frame = frames.pop();
        if (frame === undefined) settle();
        else take(frame);
        return frame !== undefined;
      },
      leave: () => undefined,
    },
    hasSingleRun: true,
    load: () => () => Promise.resolve({ namespace: { handle: (input: unknown): unknown => input } }),
  });
  return promise;
}
