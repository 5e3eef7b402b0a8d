export async function call({ target, input, timeoutMs }, ctx) {
  return ctx.invoke({ target, input, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
}

export async function both({ target, times }, ctx) {
  const calls = Array.from({ length: times }, (_, n) => ctx.invoke({ target, input: { n } }));
  const settled = await Promise.allSettled(calls);
  return settled.map((one) => (one.status === 'fulfilled' ? 'ok' : one.reason.code));
}

/** Invokes a plugin that invokes this one again. */
export async function again({ depth }, ctx) {
  return ctx.invoke({ target: '@test/echo@1:bounce', input: { depth } });
}
