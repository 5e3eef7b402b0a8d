type ViewMaker = new (buffer: ArrayBuffer) => ArrayBufferView;

const MAKERS: ReadonlyMap<string, ViewMaker> = new Map<string, ViewMaker>(
  [
    Uint8Array,
    Int8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
  ].map((maker) => [maker.name, maker]),
);

/** A buffer or view: the name of its kind, and its bytes, not copied. */
export interface BytesKind {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** The kinds that the wire carries; `undefined` for all else. */
export function bytesKindOf(value: object): BytesKind | undefined {
  if (value instanceof ArrayBuffer) return { type: 'ArrayBuffer', bytes: new Uint8Array(value) };
  if (!ArrayBuffer.isView(value)) return undefined;
  const type = value instanceof DataView ? 'DataView' : typeOf(value);
  return { type, bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
}

/** Makes it again, over a copy. Throws for an unknown kind and for bytes that do not fit it. */
export function makeBytesKind(type: string, bytes: Uint8Array): ArrayBuffer | ArrayBufferView {
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  if (type === 'ArrayBuffer') return copy;
  const Maker = MAKERS.get(type);
  if (Maker === undefined) throw new TypeError('unknown kind of bytes');
  return new Maker(copy);
}

/** A Node `Buffer` is a `Uint8Array`. */
function typeOf(view: ArrayBufferView): string {
  const tag: unknown = Reflect.get(view, Symbol.toStringTag);
  return typeof tag === 'string' && MAKERS.has(tag) ? tag : 'Uint8Array';
}
