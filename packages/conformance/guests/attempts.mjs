// Leads a row of attempts: each is tried, and what came of it is told as text. The host judges by what it sees itself.

/** A module of Node, or an empty one. No name is written out: a bundler asks for what it sees, and where there is no Node each attempt fails by itself. */
export async function builtin(name) {
  try {
    return await import(`node:${name}`);
  } catch {
    return { default: {} };
  }
}

const { createRequire } = await builtin('module');

/** The `require` of this folder, where there is one. */
export const load =
  createRequire?.(import.meta.url) ??
  ((name) => {
    throw new Error(`there is no require here to load ${name}`);
  });

const LONGEST_MS = 700;
const MOST_TEXT = 65_536;

/** Tries what the host named, one after the other. */
export async function tryAll(attempts, tasks) {
  const report = {};
  for (const { name, facts } of tasks) report[name] = await tryOne(attempts[name], facts);
  return report;
}

async function tryOne(attempt, facts) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('nothing came of it')), LONGEST_MS);
  });
  try {
    const got = await Promise.race([attempt(facts), late]);
    return { did: true, text: String(got).slice(0, MOST_TEXT) };
  } catch (error) {
    return { did: false, text: `${error?.code ?? error?.name ?? 'error'}: ${error?.message ?? ''}`.slice(0, 300) };
  } finally {
    clearTimeout(timer);
  }
}

/** Settles on whichever event of an emitter comes first; an `error` rejects. */
export function first(emitter, ...events) {
  return new Promise((resolve, reject) => {
    emitter.once('error', reject);
    for (const event of events) emitter.once(event, (value) => resolve(`${event} ${value ?? ''}`));
  });
}
