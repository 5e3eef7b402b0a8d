import type { GuestAnalytics } from '@kb-labs/contracts';
import type { GuestPort } from './guest-port.js';
import { MAX_TRACK_NAME } from './messages.js';

/** `ctx.analytics`. A name that no host keeps is not sent; nothing is thrown, whatever a plugin passes. */
export function createGuestAnalytics(port: GuestPort): GuestAnalytics {
  return Object.freeze({
    track(name: unknown, attributes: unknown): void {
      if (typeof name === 'string' && name !== '' && name.length <= MAX_TRACK_NAME) port.track(name, attributes);
    },
  });
}
