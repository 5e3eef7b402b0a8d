/** Invokes what it is told to, and tells what came of each: an answer, or a code. */
export async function call({ targets }, ctx) {
  const [target, ...rest] = targets;
  if (target === undefined) return 'the end';
  const calls = Array.isArray(target) ? target : [target];
  const invoke = (each) => ctx.invoke({ target: each, input: { targets: rest } }).catch((error) => error.code);
  return await Promise.all(calls.map(invoke));
}
