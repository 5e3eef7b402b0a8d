// First, for the wire makes an encoder as soon as it is loaded.
import { define, timers } from './globals.js';
import { decodeValue, encodeValue, serveGuest } from '@kb-labs/sandbox/wire';
import type { GuestPeer } from '@kb-labs/sandbox/wire';
import { createConsole } from './console.js';

// Runs inside QuickJS. It finds one function of its host's, takes it away, and leaves its own five in its place; the host takes those away
// before any code of the plugin is there.

type Namespaces = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type Send = (frame: ArrayBuffer) => void;

main();

function main(): void {
  const send = takeSend();
  const modules = Promise.withResolvers<Namespaces>();
  let receive: (bytes: Uint8Array) => void = () => undefined;

  define({ structuredClone: (value: unknown) => decodeValue(encodeValue(value)) });
  const peer: GuestPeer = serveGuest({
    transport: {
      send: (bytes) => send(wholeBuffer(bytes)),
      sendsViews: false,
      receive: (onBytes) => {
        receive = onBytes;
      },
      pendingBytes: () => 0,
      close: () => undefined,
    },
    load: async (file) => ({ namespace: namespaceOf(await modules.promise, file) }),
    prepare: ({ fetch }) => {
      if (fetch !== undefined) define({ fetch });
    },
    // The host ends what it has heard the last word of.
    leave: () => undefined,
    leaked: () => Array.from({ length: timers.count() }, () => 'Timeout'),
  });
  define({ console: createConsole((level, text) => peer.log(level, 'console', text)) });

  define({
    kbGuest: {
      receive: (bytes: ArrayBuffer) => receive(new Uint8Array(bytes)),
      ring: () => timers.ringNext(),
      delay: () => timers.delay() ?? -1,
      /** Takes the module of the plugin, or the promise of one that waits at its top level. */
      provide: (loaded: Namespaces | Promise<Namespaces>) => modules.resolve(loaded),
      refuse: (error: unknown) => modules.reject(error),
      fail: (error: unknown) => peer.fail(error),
    },
  });
}

/** The host's one function. It takes whole buffers. */
function takeSend(): Send {
  const send: Send = Reflect.get(globalThis, 'kbSend');
  Reflect.deleteProperty(globalThis, 'kbSend');
  return (frame) => send(frame);
}

function wholeBuffer({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  // A frame is made by the wire, in memory of its own and never in shared memory.
  const whole = buffer as ArrayBuffer;
  return byteOffset === 0 && byteLength === whole.byteLength ? whole : whole.slice(byteOffset, byteOffset + byteLength);
}

/** A bundle exports the namespace of each file that the run names, by that name. */
function namespaceOf(namespaces: Namespaces, file: string): Readonly<Record<string, unknown>> {
  const namespace = namespaces[file];
  if (namespace === undefined) throw new Error(`${file} is not in the bundle`);
  return namespace;
}
