// Handlers for places that have a `process` of their own.

/** Says what it likes on its way out: none of it is a verdict. */
export function rewritesExit(_input, ctx) {
  process.on('exit', () => {
    process.exitCode = 99;
  });
  process.on('beforeExit', () => {
    setTimeout(() => undefined, 1);
  });
  process.exitCode = 7;
  ctx.log.info('listening');
  return 'returned';
}

/** Leaves while its result is on its way. */
export function leavesWithResult({ bytes }) {
  queueMicrotask(() => queueMicrotask(() => process.exit(0)));
  return 'x'.repeat(bytes);
}

/** Leaves in a moment of the guest's own choice after it has returned. */
export function leavesAfterResult({ bytes, turns }) {
  const leave = (left) => (left === 0 ? process.exit(0) : setImmediate(leave, left - 1));
  leave(turns);
  return 'x'.repeat(bytes);
}

export function exitsOrReturns({ code }) {
  if (code !== undefined) process.exit(code);
  return 'returned';
}

export const returns = (input) => input ?? null;
