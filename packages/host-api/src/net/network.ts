import type { Clock } from '@kb-labs/contracts';
import type { Gate } from '../gate.js';
import type { HostFunctions } from '../host-function.js';
import { createCancel, createReadBody, createWriteBody } from './body-functions.js';
import { createExchangeTable } from './exchange.js';
import { createFetch } from './fetch.js';
import { createPinnedAgent } from './pinned-agent.js';
import type { Resolve } from './resolve-target.js';

/** Milliseconds. A guest that takes its time over a body is not timed: a server that does is. */
export interface FetchTimeouts {
  readonly connectMs: number;
  readonly headersMs: number;
  /** Between two pieces of a body; a body as a whole is bounded by the time of the run. */
  readonly bodyMs: number;
}

/** The network functions of one run. Disposing aborts every fetch and destroys every socket. */
export interface Network extends AsyncDisposable {
  readonly functions: HostFunctions;
}

export interface NetworkOptions {
  readonly gate: Gate;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly resolve: Resolve;
  readonly timeouts: FetchTimeouts;
}

/** Connections, cookies and caches are shared with no other run: there is one agent for each, and no cookie jar or cache at all. */
export function createNetwork({ gate, clock, resolve, timeouts }: NetworkOptions): Network {
  const agent = createPinnedAgent(timeouts);
  const exchanges = createExchangeTable();
  const session = { gate, clock, resolve, timeouts, agent, exchanges };
  return {
    functions: {
      'net.fetch': createFetch(session),
      'net.readBody': createReadBody(session),
      'net.writeBody': createWriteBody(session),
      'net.cancel': createCancel(session),
    },
    async [Symbol.asyncDispose]() {
      exchanges[Symbol.dispose]();
      await agent[Symbol.asyncDispose]();
    },
  };
}
