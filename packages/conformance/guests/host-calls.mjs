export async function asksWithFunction(_, ctx) {
  try {
    await ctx.fs.readFile(() => undefined);
    return 'answered';
  } catch (error) {
    return error.code;
  }
}

/** Leaves a call open. Its answer never comes, and nobody waits for it. */
export async function asksAndLeaves(_, ctx) {
  ctx.fs.readFile('never answered').catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return 'left';
}
