/** Says that it runs, and stays. */
export async function stays(_input, ctx) {
  ctx.log.info('here');
  await new Promise(() => {});
}
