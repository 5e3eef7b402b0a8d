import type { HandlerContext } from '@kb-labs/contracts';
import type { Lender } from './lent-functions.js';

/** `ctx.invoke`: the request goes alone, whatever it holds, and the signal stays here. */
export function createGuestInvoke({ port, calls }: Lender): NonNullable<HandlerContext['invoke']> {
  return (request, options) =>
    calls.track(async () => {
      options?.signal?.throwIfAborted();
      return await port.call('invoke.call', [request], options?.signal);
    });
}
