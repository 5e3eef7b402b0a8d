import { isPlainName } from '../wire/escaped-names.js';
import { textBytes } from './json-bytes.js';

// Captured before a plugin's code can replace them.
const { keys: keysOf } = Object;

/** The names that a plain object has, and the bytes that they take in JSON with all that stands around them and no values. */
interface Shape {
  readonly names: readonly string[];
  readonly bytes: number;
}

/** Looks at the names of plain objects. */
export interface Shapes {
  /** `undefined` for an object with a name that the wire marks: `$`, or one with an escape. */
  of(value: object): Shape | undefined;
}

/**
 * Shapes that are remembered: objects in a list have the same. It holds what was found out about names, and nothing of what they name; whoever sends
 * many shapes only has each of them looked at.
 */
const REMEMBERED = 8;
/** More than any message carries: they need not be looked at. */
const MAX_NAMES = 200_000;
/** Bytes of names in one that is remembered. */
const MAX_REMEMBERED_BYTES = 4_096;

/** Makes a memory of shapes, with nothing in it. */
export function createShapes(): Shapes {
  const known: Shape[] = [];
  let oldest = 0;
  return {
    of(value) {
      const names = keysOf(value);
      if (names.length > MAX_NAMES) return undefined;
      for (let index = 0; index < known.length; index += 1) {
        const shape = known[index];
        if (shape !== undefined && areSame(names, shape.names)) return shape;
      }
      const shape = lookAt(names);
      if (shape === undefined || shape.bytes > MAX_REMEMBERED_BYTES) return shape;
      known[oldest] = shape;
      oldest = (oldest + 1) % REMEMBERED;
      return shape;
    },
  };
}

function areSame(names: readonly string[], known: readonly string[]): boolean {
  const { length } = names;
  if (length !== known.length) return false;
  for (let index = 0; index < length; index += 1) if (names[index] !== known[index]) return false;
  return true;
}

function lookAt(names: readonly string[]): Shape | undefined {
  let bytes = names.length === 0 ? 2 : names.length + 1;
  for (const name of names) {
    if (name === '$' || !isPlainName(name)) return undefined;
    bytes += textBytes(name) + 1;
  }
  return { names, bytes };
}
