/** A value as JSON can hold it. `$` marks what JSON has no word for: `{"$":["Date",0]}`; an own `$` key is escaped. */
export type WireValue = string | number | boolean | null | readonly WireValue[] | { readonly [key: string]: WireValue };

export interface EncodedValue {
  readonly json: WireValue;
  /** The bytes that `json` refers to by index. */
  readonly binary: readonly Uint8Array[];
}

/** Thrown for a value that the wire cannot carry without loss: names the kind and the place. */
export class UnsendableError extends Error {
  override readonly name = 'UnsendableError';
  readonly path: string;
  readonly kind: string;

  constructor(kind: string, path: string) {
    super(
      `${kind} at ${path === '' ? 'the top' : path} cannot be sent: return plain data, Date, Map, Set, Error, BigInt or bytes`,
    );
    this.kind = kind;
    this.path = path;
  }
}
