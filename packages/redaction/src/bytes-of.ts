import * as types from 'node:util/types';

const TYPED_ARRAY: object = Object.getPrototypeOf(Uint8Array.prototype);

/** The bytes behind a buffer or a view, not copied; none where it is detached. Runs no accessor that someone put on it. */
export function bytesOf(value: ArrayBufferView | ArrayBufferLike): Uint8Array {
  try {
    if (!ArrayBuffer.isView(value)) return new Uint8Array(value);
    const prototype = types.isDataView(value) ? DataView.prototype : TYPED_ARRAY;
    const own = (name: string): unknown => Reflect.get(prototype, name, value);
    const [buffer, start, length] = [own('buffer'), own('byteOffset'), own('byteLength')];
    if (!types.isAnyArrayBuffer(buffer)) return new Uint8Array();
    return new Uint8Array(buffer, Number(start), Number(length));
  } catch {
    // What it showed is gone.
    return new Uint8Array();
  }
}
