// What a handler finds of what it was granted: nothing here is Node's.

/** The rooms that it holds, and what is in two of them. */
export function holds(_input, ctx) {
  const rooms = ['fs', 'fetch', 'env', 'artifacts', 'events', 'analytics', 'invoke', 'shell', 'presenter', 'config'];
  return { rooms: rooms.filter((name) => ctx[name] !== undefined), fs: Object.keys(ctx.fs ?? {}).toSorted() };
}

/** Reads each path, asks each URL, looks for each variable, and tells what came of it. */
export async function tries({ paths = [], urls = [], names = [] }, ctx) {
  const codeOf = async (work) => {
    try {
      return await work();
    } catch (error) {
      return error.code ?? error.name;
    }
  };
  const outcomes = { paths: [], urls: [], names: names.map((name) => ctx.env?.[name] ?? null) };
  for (const path of paths) outcomes.paths.push(await codeOf(() => ctx.fs.readFile(path, 'utf8')));
  for (const url of urls) outcomes.urls.push(await codeOf(async () => (await ctx.fetch(url)).status));
  return outcomes;
}
