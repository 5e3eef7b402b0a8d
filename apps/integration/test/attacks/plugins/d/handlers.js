/** What there is of each name. What every object has (`toString`) is no variable. */
export function reads(names, ctx) {
  return names.map((name) => (typeof ctx.env[name] === 'string' ? ctx.env[name] : null));
}

/** All that a guest was given, own or inherited. */
export function lists(_input, ctx) {
  const inherited = [];
  for (const name in ctx.env) inherited.push(name);
  return { own: Object.keys(ctx.env).sort(), inherited: inherited.sort(), values: Object.values(ctx.env).sort() };
}

/** Tries to give itself what it was not given. */
export function changes({ name }, ctx) {
  const outcomes = [];
  for (const change of [
    () => {
      ctx.env[name] = 'mine';
    },
    () => Object.defineProperty(ctx.env, name, { value: 'mine' }),
    () => Object.setPrototypeOf(ctx.env, { [name]: 'mine' }),
    () => {
      ctx.env = { [name]: 'mine' };
    },
  ]) {
    try {
      change();
      outcomes.push('done');
    } catch (error) {
      outcomes.push(error.name);
    }
  }
  return { outcomes, value: ctx.env[name] ?? null };
}

export async function isWatched({ url }, ctx) {
  return (await ctx.fetch(url)).status;
}
