import { createSettled } from '../wire/waiting.js';
import { createRehearsedChannel, rehearsedFrame } from '../wire/rehearsal.js';
import { loadPluginModule } from './load-module.js';
import { takeChannel } from './open-channel.js';
import type { Channel } from './open-channel.js';
import { serveHost } from './serve-host.js';

/**
 * Leads a run of its own making through all that a run goes through here, with a handler of its own and no host. Resolves when the run is over: what it
 * takes has been compiled by then. No plugin was near.
 */
export function rehearseAlone(): Promise<void> {
  const { promise, settle } = createSettled<void>();
  const frames = [rehearsedFrame(1)];
  const { transport, take } = createRehearsedChannel();
  serveHost({
    channel: {
      transport,
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
    load: (lastResolved) =>
      loadPluginModule(() => () => ({ handle: (input: unknown): unknown => input }), lastResolved),
  });
  tryChannel(takeChannel());
  return promise;
}

/** The real one leads to the host, which waits for other bytes: so nothing is read, and nothing written. */
function tryChannel({ transport, readUntil }: Channel): void {
  const ignore = (): void => undefined;
  transport.receive(ignore, ignore);
  transport.send(new Uint8Array(0));
  readUntil(() => true);
}
