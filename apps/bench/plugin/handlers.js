/** The least that a handler can do. */
export function trivial(input) {
  return input;
}

/** Reads files one after the other, or all at once, as often as it is told, and gives how many milliseconds each time took. */
export async function timeReads({ files, atOnce, times }, ctx) {
  const took = [];
  for (let time = 0; time < times; time += 1) {
    const begun = performance.now();
    await readFiles(files, atOnce, ctx);
    took.push(performance.now() - begun);
  }
  return took;
}

async function readFiles(files, atOnce, ctx) {
  const contents = [];
  if (atOnce) contents.push(...(await Promise.all(files.map((file) => ctx.fs.readFile(file, 'utf8')))));
  else for (const file of files) contents.push(await ctx.fs.readFile(file, 'utf8'));
  return contents.reduce((sum, { length }) => sum + length, 0);
}

/** Reads events, and says so at the last one of each round. */
export async function readEvents({ rounds }, ctx) {
  const events = ctx.events.stream('tick.*', { scope: 'host' });
  await ctx.events.publish('ack.ready', null, { scope: 'host' });
  let left = rounds;
  for await (const { payload } of events) {
    if (!payload.isLast) continue;
    await ctx.events.publish('ack.read', null, { scope: 'host' });
    left -= 1;
    if (left === 0) return rounds;
  }
  return undefined;
}
