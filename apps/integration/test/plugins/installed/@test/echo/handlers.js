export function say(input) {
  return { version: 1, input };
}

/** Reads what its own manifest asks for, and its caller's may not. */
export async function peek({ path }, ctx) {
  return ctx.fs.readFile(path, 'utf8');
}

export async function bounce({ depth }, ctx) {
  return ctx.invoke({ target: '@test/caller:again', input: { depth: depth + 1 } });
}

export async function chain({ left }, ctx) {
  if (left === 0) return 'the end';
  return ctx.invoke({ target: `@test/link${left}:next`, input: { left: left - 1 } });
}

export function fail() {
  throw new TypeError('on purpose');
}

export async function hang(_input, ctx) {
  await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
}
