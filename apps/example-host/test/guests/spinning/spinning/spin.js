/** Says that it has begun, and then never yields. @param {unknown} _input @param {import('@kb-labs/plugin-runtime').HandlerContext} ctx */
export async function spin(_input, ctx) {
  ctx.progress('spinning', 0.5);
  // The message leaves with the end of this turn.
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (let turns = 0; ; turns += 1) if (turns < 0) return turns;
}
