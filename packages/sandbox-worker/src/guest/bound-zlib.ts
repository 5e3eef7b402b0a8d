import type { PoolLine, PoolTicket } from './pool-line.js';

type Callable = (this: object, ...args: readonly unknown[]) => unknown;

/** What is known of one native compressor. */
interface Handle {
  /** Node's own listener, told by `init`. */
  written: Callable | undefined;
  hearsErrors: boolean;
  ticket: PoolTicket | undefined;
  done: () => void;
}

const MAKERS = [
  'createDeflate',
  'createBrotliCompress',
  'createBrotliDecompress',
  'createZstdCompress',
  'createZstdDecompress',
];

/**
 * Lets one piece of `node:zlib` compute at a time. Streams, functions with a callback and `CompressionStream` all write by one method of their native
 * half, so that one waits for its turn.
 */
export function boundZlib(line: PoolLine): void {
  const zlib = process.getBuiltinModule('zlib');
  for (const name of MAKERS) {
    const make: unknown = Reflect.get(zlib, name);
    // Node 22.15 brought Zstd.
    if (typeof make !== 'function') continue;
    const stream: { readonly _handle: object; close(): void } = Reflect.apply(make, zlib, []);
    const native: object = Object.getPrototypeOf(stream._handle);
    stream.close();
    boundHandles(native, line);
  }
}

function boundHandles(native: object, line: PoolLine): void {
  const [init, write, close] = ['init', 'write', 'close'].map((name): Callable => Reflect.get(native, name));
  if (init === undefined || write === undefined || close === undefined) return;
  const known = new WeakMap<object, Handle>();
  const define = (name: string, value: Callable): void => void Object.defineProperty(native, name, { value });

  define('init', function (...args) {
    const handle: Handle = { written: undefined, hearsErrors: false, ticket: undefined, done: () => undefined };
    known.set(this, handle);
    const heard = args.map((argument) => {
      if (typeof argument !== 'function') return argument;
      handle.written = argument as Callable;
      return endsTurn(handle, handle.written);
    });
    return Reflect.apply(init, this, heard);
  });
  define('write', function (...args) {
    const handle = known.get(this);
    if (handle === undefined) return Reflect.apply(write, this, args);
    hearErrors(this, handle);
    handle.ticket = line.enter((done) => {
      handle.done = done;
      Reflect.apply(write, this, args);
    });
    return undefined;
  });
  define('close', function (...args) {
    const result = Reflect.apply(close, this, args);
    const { ticket, written } = known.get(this) ?? {};
    if (ticket === undefined || ticket.hasStarted) return result;
    // A closed handle must not be written to. Its stream is told, as after a write during which it was closed.
    ticket.leave();
    if (written !== undefined) process.nextTick(() => Reflect.apply(written, this, []));
    return result;
  });
}

/** What fails is told to another listener, which Node sets once `init` is over. */
function hearErrors(native: object, handle: Handle): void {
  const listener: unknown = Reflect.get(native, 'onerror');
  if (handle.hearsErrors || typeof listener !== 'function') return;
  handle.hearsErrors = true;
  Reflect.set(native, 'onerror', endsTurn(handle, listener as Callable));
}

function endsTurn(handle: Handle, listener: Callable): Callable {
  return function (...args) {
    handle.ticket = undefined;
    handle.done();
    return Reflect.apply(listener, this, args);
  };
}
