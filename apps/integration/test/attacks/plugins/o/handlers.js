// Attacks on what is written down of a run, through `ctx` alone: nothing here is Node's.

async function codeOf(work) {
  try {
    await work();
    return 'ok';
  } catch (error) {
    return error.code ?? error.name;
  }
}

/** Says each text wherever a handler may say something. */
export async function says(texts, ctx) {
  for (const text of texts) {
    ctx.log.info(text, { [text]: text });
    ctx.progress(text, 0.5);
    ctx.analytics.track('said', { [text]: text });
    await ctx.presenter.message(text, 'info');
    await ctx.presenter.error({ message: text, code: text });
    await codeOf(() => ctx.fs.readFile(`outside/${text}`));
  }
}

/** Fails with it as well. */
export async function fails(text) {
  throw Object.assign(new Error(text), { name: text, code: text });
}

/** Lets what it was granted out of every door. */
export async function leaks({ keep }, ctx) {
  const token = ctx.env.SERVICE_TOKEN;
  const hex = Array.from(token, (character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  const spellings = [
    token,
    encodeURIComponent(token),
    JSON.stringify({ deep: { token } }),
    hex,
    hex.toUpperCase(),
    `x${token}x`,
  ];
  for (const spelling of spellings) {
    ctx.log.warn(`the token is ${spelling}`, { nested: [{ value: spelling }], [spelling]: 1 });
    ctx.progress(spelling);
    ctx.analytics.track('leaked', { value: spelling, [spelling]: spelling });
    await codeOf(() => ctx.fs.readFile(`outside/${spelling}`));
    await codeOf(() => ctx.artifacts.write(`${spelling.slice(0, 60)}.txt`, spelling));
    await codeOf(() => ctx.events.publish('o.leak', { spelling }));
  }
  if (keep) return { spellings };
  throw Object.assign(new Error(`failed with ${token}`, { cause: new Error(token) }), { code: token });
}

/** More of everything than anybody would look at. */
export function explodes(_input, ctx) {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key${index}`, index]));
  const large = 'x'.repeat(1_000_000);
  let deep = {};
  for (let level = 0; level < 60; level += 1) deep = { deep };
  for (const attributes of [many, { large }, { deep }, { [large]: 1 }]) ctx.analytics.track('exploded', attributes);
  for (const fields of [{ large }, { deep }]) ctx.log.info('exploded', fields);
  return 'over';
}

/** Tracks so often, under so many names, with so many keys. */
export function tracks({ count, names = 1, keys = 1 }, ctx) {
  for (let index = 0; index < count; index += 1) {
    ctx.analytics.track(`name${index % names}`, { [`key${index % keys}`]: index });
  }
  return count;
}

/** Speaks of itself, taking turns with whoever else does. */
export async function takesTurns({ who, turns }, ctx) {
  for (let turn = 0; turn < turns; turn += 1) {
    ctx.log.info(`${who} ${turn}`);
    ctx.analytics.track('turn', { who, turn, pluginId: 'forged', executionId: 'forged' });
    await codeOf(() => ctx.fs.readFile(`outside/${who}-${turn}.txt`));
  }
  return who;
}

/** Asks for so many different things. */
export async function wanders({ count }, ctx) {
  for (let index = 0; index < count; index += 1) {
    await codeOf(() => ctx.fs.readFile(`nowhere/${index}/${'x'.repeat(index)}`));
    await codeOf(() => ctx.events.publish(`o.topic${index}`, index));
  }
}
