// In a file of its own: to ask for the time takes a module of Node, which a handler that does not ask for it should not pay for.
const loadedAt = performance.timeOrigin + performance.now();

/** When this module was evaluated and when the handler was called, in milliseconds since 1970, by a clock that both sides have. */
export function stamps() {
  return { loadedAt, calledAt: performance.timeOrigin + performance.now() };
}
