const { apply } = Reflect;
/** 64 KiB on the stack. With 16 a socket of Node 22 still broke in the midst of a write, for what it calls first has to be compiled there. */
const MANY: readonly undefined[] = Array<undefined>(8_192).fill(undefined);

/**
 * Whether enough of the stack is left to write to a socket. A plugin calls its host from wherever it likes, and a socket whose write ended in
 * a `RangeError` believes for ever that it is still writing.
 */
export function hasStackRoom(): boolean {
  try {
    apply(nothing, undefined, MANY);
    return true;
  } catch {
    return false;
  }
}

function nothing(): void {
  // Its arguments alone matter: they lie on the stack.
}
