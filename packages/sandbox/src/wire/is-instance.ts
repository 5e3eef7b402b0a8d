/** `instanceof` for a value that may be hostile: a proxy whose traps throw, or a revoked one, is nothing that was made here. */
export function isInstance<Made>(value: unknown, Maker: new (...args: never) => Made): value is Made {
  try {
    return value instanceof Maker;
  } catch {
    // Its own doing: it is not told apart from any other value.
    return false;
  }
}
