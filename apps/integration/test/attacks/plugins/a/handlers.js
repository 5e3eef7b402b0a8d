/** Does each thing in turn and tells what came of it: `ok`, or the code that the call rejected with. */
export async function reads(paths, ctx) {
  const outcomes = [];
  for (const path of paths) {
    outcomes.push(
      await ctx.fs.readFile(path, 'utf8').then(
        () => 'ok',
        (error) => error.code ?? error.name,
      ),
    );
  }
  return outcomes;
}
