/** Does each call in turn and tells what came of it: `ok` with what it resolved with, or the code that it rejected with. */
export async function calls(list, ctx) {
  const outcomes = [];
  for (const [name, ...args] of list) outcomes.push(await settle(() => call(ctx, name, args)));
  return outcomes;
}

/** Paths that no message between processes can carry as they are, so that they are made here. */
export async function strangePaths(_input, ctx) {
  const outside = '../secret.txt';
  let asked = 0;
  const turncoat = {
    toString() {
      asked += 1;
      return asked === 1 ? 'data/a.txt' : outside;
    },
  };
  const bytes = new Uint8Array(outside.length).map((_, index) => outside.charCodeAt(index));
  const paths = {
    bytes,
    'two bytes a unit': new Uint16Array(bytes),
    buffer: bytes.buffer,
    'an object with toString': turncoat,
    'an object with toPrimitive': { [Symbol.toPrimitive]: () => outside },
    'a String object': Object(outside),
    'an array': [outside],
    'an array of segments': ['..', 'secret.txt'],
    'an object that looks parsed': { brand: 'CanonicalPath', asWritten: outside, segments: ['data', 'a.txt'] },
    'a url': { href: 'file:///etc/passwd', protocol: 'file:', pathname: '/etc/passwd' },
    'a number': 3,
    null: null,
    undefined,
    'a boolean': true,
    'a symbol': Symbol.iterator,
    'half a character': 'data/\ud800',
    'the other half': 'data/\udc00.txt',
    'halves the wrong way round': 'data/\udc00\ud800',
  };
  const outcomes = {};
  for (const [title, path] of Object.entries(paths)) {
    for (const name of ['readFile', 'readDir', 'stat', 'remove']) {
      outcomes[`${name} ${title}`] = await settle(() => ctx.fs[name](path));
    }
    outcomes[`writeFile ${title}`] = await settle(() => ctx.fs.writeFile(path, 'x'));
    outcomes[`rename ${title}`] = await settle(() => ctx.fs.rename(path, 'data/moved'));
    outcomes[`copy to ${title}`] = await settle(() => ctx.fs.copy('data/a.txt', path));
  }
  return { asked, outcomes };
}

/** The names of all that can be called on files. */
export function verbs(_input, ctx) {
  return Object.keys(ctx.fs).sort();
}

/** Goes elsewhere first, in places where that can be done, and comes back. */
export async function elsewhere({ folder, list }, ctx) {
  const home = globalThis.process?.cwd?.();
  let went = false;
  try {
    globalThis.process?.chdir?.(folder);
    went = globalThis.process?.cwd?.() === folder;
  } catch {
    // Threads and machines without a working directory cannot leave it.
  }
  try {
    return { went, outcomes: await calls(list, ctx) };
  } finally {
    if (went) globalThis.process.chdir(home);
  }
}

function call(ctx, name, args) {
  return name === 'ensureSection' ? ctx.config.ensureSection(...args) : ctx.fs[name](...args);
}

async function settle(work) {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    const { code, message, details, hint } = error;
    return { ok: false, code: code ?? error.name, why: details?.reason ?? details?.errno, message, hint };
  }
}

/** Goes round `ctx`, to the files of Node itself where there are any: each call's result in a word. */
export function raw(list) {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs');
  return list.map(([name, ...args]) => {
    if (fs === undefined) return 'no files here';
    try {
      return `got ${String(fs[name](...args))}`;
    } catch (error) {
      return error.code ?? error.name;
    }
  });
}

/** How long each call took, in milliseconds, however it ended. */
export async function times(list, ctx) {
  const taken = [];
  for (const [name, ...args] of list) {
    const start = Date.now();
    await settle(() => call(ctx, name, args));
    taken.push(Date.now() - start);
  }
  return taken;
}
