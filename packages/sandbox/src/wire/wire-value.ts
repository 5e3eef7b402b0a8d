/** A value as JSON can hold it. `$` marks what JSON has no word for: `{"$":["Date",0]}`; an own `$` key is escaped, and so are names that JSON would escape. */
export type WireValue = string | number | boolean | null | readonly WireValue[] | { readonly [key: string]: WireValue };

/** A value as it travels: JSON, and the bytes beside it. */
export interface EncodedValue {
  readonly json: WireValue;
  /** The bytes that `json` refers to by index. */
  readonly binary: readonly Uint8Array[];
}

const ADVICE = {
  kind: 'use plain data, Date, Map, Set, Error, BigInt or bytes',
  size: 'send less at a time',
} as const;

/** Thrown for a value that the wire cannot carry without loss: names what it is and the place. `reason` tells a wrong kind from a bound. */
export class UnsendableError extends Error {
  override readonly name = 'UnsendableError';
  readonly path: string;
  readonly kind: string;
  readonly reason: 'kind' | 'size';

  constructor(kind: string, path: string, reason: 'kind' | 'size' = 'kind') {
    super(`${kind} at ${path === '' ? 'the top' : path} cannot be sent: ${ADVICE[reason]}`);
    this.kind = kind;
    this.path = path;
    this.reason = reason;
  }
}
