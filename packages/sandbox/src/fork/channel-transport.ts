import type { Duplex } from 'node:stream';
import type { WireTransport } from '../wire/transport.js';

/** Node reads sixteen times as much at once. What is smaller is no burden. */
const LARGE_BYTES = 4_096;

/** The host's end of a guest's channel, for the wire. `onDropped` is called where something could not be sent any more. */
export function createChannelTransport(channel: Duplex, onDropped: () => void): WireTransport {
  return {
    send(bytes, isOwn) {
      if (!channel.writable) onDropped();
      else if (isOwn === true) channel.write(bytes, (error) => (error instanceof Error ? undefined : free(bytes)));
      else channel.write(bytes);
    },
    sendsViews: true,
    receive(onBytes, onEnd) {
      channel.on('data', (bytes: Uint8Array) => {
        const busy = onBytes(bytes);
        free(bytes);
        if (busy === undefined) return;
        channel.pause();
        void busy.then(() => channel.resume());
      });
      channel.once('close', onEnd);
    },
    pendingBytes: () => channel.writableLength,
    close: () => void channel.destroy(),
  };
}

/**
 * Frees what was read, of which the wire keeps nothing, rather than leave it to V8, which collects all that there is for some twenty mebibytes of it: a mebibyte
 * takes three quarters of the time, for the next read has memory that is still in the processor's cache.
 */
function free({ buffer, byteLength }: Uint8Array): void {
  const isWhole = buffer instanceof ArrayBuffer && byteLength === buffer.byteLength;
  if (isWhole && byteLength >= LARGE_BYTES) buffer.transfer(0);
}
