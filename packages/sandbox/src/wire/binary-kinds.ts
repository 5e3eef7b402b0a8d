type TypedArrayMaker = new (buffer: ArrayBuffer) => ArrayBufferView;

const MAKERS: ReadonlyMap<string, TypedArrayMaker> = new Map<string, TypedArrayMaker>([
  ['Uint8Array', Uint8Array],
  ['Int8Array', Int8Array],
  ['Uint8ClampedArray', Uint8ClampedArray],
  ['Int16Array', Int16Array],
  ['Uint16Array', Uint16Array],
  ['Int32Array', Int32Array],
  ['Uint32Array', Uint32Array],
  ['Float32Array', Float32Array],
  ['Float64Array', Float64Array],
  ['BigInt64Array', BigInt64Array],
  ['BigUint64Array', BigUint64Array],
  ['DataView', DataView],
]);

/** A buffer or view as the wire carries it: the name of its class, and its bytes, not copied. */
export interface BinaryKind {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The kind and the bytes of a buffer or view; `undefined` for all else. A Node `Buffer` is a `Uint8Array`. Shared memory is not taken. */
export function binaryKindOf(value: object): BinaryKind | undefined {
  if (value instanceof ArrayBuffer) return { name: 'ArrayBuffer', bytes: new Uint8Array(value) };
  if (!ArrayBuffer.isView(value) || !(value.buffer instanceof ArrayBuffer)) return undefined;
  const name = value instanceof DataView ? 'DataView' : typedArrayName(value);
  if (name === undefined) return undefined;
  return { name, bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
}

// %TypedArray%.prototype[Symbol.toStringTag] reads an internal slot, so a subclass or a renamed constructor cannot lie.
const tagOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get;

function typedArrayName(view: ArrayBufferView): string | undefined {
  const tag: unknown = tagOf?.call(view);
  return typeof tag === 'string' && MAKERS.has(tag) ? tag : undefined;
}

/**
 * Makes the view again, over a copy of its own, or where `isOwn` says that nobody else has the memory of the bytes, over that. Throws
 * `TypeError` for an unknown kind or a length that does not fit.
 */
export function makeBinary(name: unknown, bytes: Uint8Array, isOwn: boolean): ArrayBuffer | ArrayBufferView {
  if (typeof name !== 'string') throw new TypeError('malformed bytes');
  const copy = isOwn ? wholeBuffer(bytes) : copyOf(bytes);
  if (name === 'ArrayBuffer') return copy;
  const Maker = MAKERS.get(name);
  if (Maker === undefined) throw new TypeError('unknown kind of bytes');
  try {
    return new Maker(copy);
  } catch {
    // A RangeError: the length is no multiple of the element's size.
    throw new TypeError('malformed bytes');
  }
}

/** Of bytes that have their memory to themselves. What does not begin and end with it is copied all the same. */
function wholeBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength ? buffer : copyOf(bytes);
}

function copyOf(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}
