// The test puts what is to be thrown or given back beside its globals: these handlers run in its own process.

export function throwsIt() {
  throw globalThis.kbHostile();
}

export async function rejectsIt() {
  return await Promise.reject(globalThis.kbHostile());
}

export const givesIt = () => globalThis.kbHostile();

export async function saysIt(_input, ctx) {
  const told = [];
  ctx.log.info('fields', globalThis.kbHostile());
  ctx.analytics.track('odd', globalThis.kbHostile());
  ctx.onCleanup(() => {
    throw globalThis.kbHostile();
  });
  await ctx.events.publish('odd', globalThis.kbHostile()).then(
    () => told.push('ok'),
    (error) => told.push(error.code),
  );
  return told;
}
