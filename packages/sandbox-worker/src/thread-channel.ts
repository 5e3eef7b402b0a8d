import type { Worker } from 'node:worker_threads';
import { createError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';
import type { WireTransport } from '@kb-labs/sandbox/wire';

/** The host's end of a thread's port. */
export interface ThreadChannel {
  readonly transport: WireTransport;
  /** The thread's number in the kernel; 0 where it could not tell. It is known once the guest is ready. */
  tid(): number;
  onForgery(listen: (error: PluginError) => void): void;
}

/**
 * A port can carry anything: ports, shared memory, file handles. Two things are taken, bytes in memory of their own and counts of bytes that the guest
 * has read, and whatever else comes ends the guest. The very first message is the thread's number, sent before any code of a plugin.
 */
export function connectThread(worker: Worker): ThreadChannel {
  let tid: number | undefined;
  let sent = 0;
  let taken = 0;
  let onBytes: ((bytes: Uint8Array) => unknown) | undefined;
  let onForged: ((error: PluginError) => void) | undefined;
  const forged = (): void => {
    onForged?.(createError('ERR_PROTOCOL', 'the guest sent what is neither a frame nor a count'));
  };
  worker.on('message', (message: unknown) => {
    if (isOwnBytes(message)) return void onBytes?.(message);
    if (isCount(message) && tid === undefined) return void (tid = message);
    if (isCount(message) && message >= taken && message <= sent) return void (taken = message);
    closeAll(message);
    forged();
  });
  worker.on('messageerror', forged);
  return {
    tid: () => tid ?? 0,
    onForgery: (listen) => (onForged = listen),
    transport: {
      send(frame) {
        sent += frame.byteLength;
        // A port clones the whole memory behind a view, which may hold more than the frame.
        const copy = Uint8Array.from(frame);
        worker.postMessage(copy, [copy.buffer]);
      },
      sendsViews: true,
      receive(listen, onEnd) {
        onBytes = listen;
        worker.once('exit', onEnd);
      },
      pendingBytes: () => sent - taken,
      close: () => void worker.terminate(),
    },
  };
}

/** More than anybody sends by accident. */
const MOST_SEEN = 10_000;

/**
 * Closes ports and file handles wherever they stand in a message: a handle that is merely forgotten ends the host when it is collected, from Node 25 on.
 * Functions cannot be sent, so what has a `close` is an object of Node's own.
 */
function closeAll(message: unknown): void {
  const seen = new Set<unknown>([message]);
  for (const value of seen) {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) continue;
    const close: unknown = Reflect.get(value, 'close');
    if (typeof close === 'function') void Promise.resolve(Reflect.apply(close, value, [])).catch(() => undefined);
    else if (seen.size < MOST_SEEN) for (const part of partsOf(value)) seen.add(part);
  }
}

function partsOf(value: object): Iterable<unknown> {
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  return value instanceof Set ? value : Object.values(value);
}

function isOwnBytes(message: unknown): message is Uint8Array<ArrayBuffer> {
  return message instanceof Uint8Array && message.buffer instanceof ArrayBuffer && !message.buffer.resizable;
}

function isCount(message: unknown): message is number {
  return typeof message === 'number' && Number.isSafeInteger(message) && message >= 0;
}
