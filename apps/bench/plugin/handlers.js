/** The least that a handler can do. */
export function trivial(input) {
  return input;
}

/** Reads files one after the other, or all at once, and gives how many characters they had. */
export async function readFiles({ files, atOnce }, ctx) {
  const contents = [];
  if (atOnce) contents.push(...(await Promise.all(files.map((file) => ctx.fs.readFile(file, 'utf8')))));
  else for (const file of files) contents.push(await ctx.fs.readFile(file, 'utf8'));
  return contents.reduce((sum, { length }) => sum + length, 0);
}
