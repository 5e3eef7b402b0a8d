import type { HostFunctions } from '../host-function.js';
import { createCancel, createReadBody, createWriteBody } from './body-functions.js';
import { createExchangeTable } from './exchange.js';
import { createFetch } from './fetch.js';
import type { NetworkOptions } from './net-session.js';
import { createPinnedAgent } from './pinned-agent.js';
import type { PinnedAgent } from './pinned-agent.js';

/** The network functions of one run. Disposing aborts every fetch and destroys every socket. */
export interface Network extends AsyncDisposable {
  readonly functions: HostFunctions;
}

/** Connections, cookies and caches are shared with no other run: there is one agent for each, and no cookie jar or cache at all. */
export function createNetwork(options: NetworkOptions): Network {
  let opened: Promise<PinnedAgent> | undefined;
  const agent = (): Promise<PinnedAgent> => (opened ??= createPinnedAgent(options.timeouts));
  const exchanges = createExchangeTable();
  const session = { ...options, agent, exchanges };
  return {
    functions: {
      'net.fetch': createFetch(session),
      'net.readBody': createReadBody(session),
      'net.writeBody': createWriteBody(session),
      'net.cancel': createCancel(session),
    },
    async [Symbol.asyncDispose]() {
      exchanges[Symbol.dispose]();
      await (await opened)?.[Symbol.asyncDispose]();
    },
  };
}
