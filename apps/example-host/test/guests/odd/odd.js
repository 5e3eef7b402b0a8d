/** Returns what JSON does not know. */
export function maps() {
  return new Map([['huge', 12345678901234567890n]]);
}

/** Fails, in words that would clear a terminal. */
export function throws() {
  throw new Error('\u001b[2Jnothing to see');
}

/** Returns what it was given. @param {unknown} input */
export function echo(input) {
  return input;
}
