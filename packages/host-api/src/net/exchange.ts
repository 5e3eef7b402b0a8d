import type { NetTarget } from '@kb-labs/contracts';
import { createRunOverError } from '../host-function.js';
import type { Download } from './download.js';
import { MAX_REQUEST_ID } from './outgoing-request.js';
import type { Upload } from './upload.js';

/** One fetch of one guest, from its request to the last byte of its response. */
export interface Exchange {
  readonly target: NetTarget;
  readonly startedAt: number;
  /** Aborted with the `PluginError` that ends it. */
  readonly controller: AbortController;
  readonly upload: Upload | undefined;
  download: Download | undefined;
}

/**
 * What is under way, by the ids that the guest knows: its own for a body that it streams, ours (above them all) for a response.
 * They belong to this run alone. Disposing aborts everything.
 */
export interface ExchangeTable extends Disposable {
  /** `undefined` where the guest uses this id already. */
  open(exchange: Exchange, requestId: number | undefined): OpenExchange | undefined;
  find(id: number): Exchange | undefined;
  /** Aborts and forgets. Does nothing for an id that is not in use. */
  end(id: number, reason: Error): void;
  /** Forgets what came to its end by itself, so that its connection can serve again. A body still being sent is ended. */
  finish(id: number, reason: Error): void;
}

/** What the one who opened an exchange does with it. */
interface OpenExchange {
  /** The response has come: from now on its body is found under the id that this returns. */
  answer(download: Download): number;
  /** Forgets it, aborted or not. */
  close(): void;
}

/** Makes the table of one run, empty. */
export function createExchangeTable(): ExchangeTable {
  const byId = new Map<number, Exchange>();
  const open = new Set<Exchange>();
  let lastId = MAX_REQUEST_ID;

  const forget = (exchange: Exchange): void => {
    open.delete(exchange);
    for (const [id, each] of byId) if (each === exchange) byId.delete(id);
  };
  const stop = (exchange: Exchange, reason: Error): void => {
    exchange.controller.abort(reason);
    exchange.upload?.abort(reason);
    forget(exchange);
  };

  return {
    open(exchange, requestId) {
      if (requestId !== undefined && byId.has(requestId)) return undefined;
      open.add(exchange);
      if (requestId !== undefined) byId.set(requestId, exchange);
      return {
        answer(download) {
          exchange.download = download;
          lastId += 1;
          byId.set(lastId, exchange);
          return lastId;
        },
        close: () => forget(exchange),
      };
    },
    find: (id) => byId.get(id),
    end(id, reason) {
      const exchange = byId.get(id);
      if (exchange !== undefined) stop(exchange, reason);
    },
    finish(id, reason) {
      const exchange = byId.get(id);
      if (exchange === undefined) return;
      exchange.upload?.abort(reason);
      forget(exchange);
    },
    [Symbol.dispose]() {
      for (const exchange of open) stop(exchange, createRunOverError());
    },
  };
}
