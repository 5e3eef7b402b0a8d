/** The least that a handler can do. */
export function trivial(input) {
  return input;
}
