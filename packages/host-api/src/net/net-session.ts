import type { Clock } from '@kb-labs/contracts';
import type { Gate } from '../gate.js';
import type { OperationRecorder } from '../operation-recorder.js';
import type { Exchange, ExchangeTable } from './exchange.js';
import type { FetchTiming } from './fetch-error.js';
import type { FetchTimeouts } from './fetch-timeouts.js';
import type { PinnedAgent } from './pinned-agent.js';
import type { Resolve } from './resolver.js';

/** What the network functions need of the host. */
export interface NetworkOptions {
  readonly gate: Gate;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly resolve: Resolve;
  readonly timeouts: FetchTimeouts;
  /** Addresses of this machine that none of its interfaces has. */
  readonly ownAddresses: readonly string[];
  readonly recorder: OperationRecorder;
  /** For requests that carry none of their own. */
  readonly traceparent: string | undefined;
}

/** What the network functions of one run share. */
export interface NetSession extends NetworkOptions {
  /** The one agent of the run, made when first asked for. */
  readonly agent: () => Promise<PinnedAgent>;
  readonly exchanges: ExchangeTable;
}

/** For the words of a timeout. */
export function timingOf({ clock, timeouts }: NetSession, { startedAt }: Exchange): FetchTiming {
  return { limits: { ...timeouts }, elapsedMs: clock.monotonic() - startedAt };
}
