const INDEX = /^(?:0|[1-9]\d*)$/;

/** The tokens of a JSON pointer (RFC 6901). Throws `TypeError` for text that is none. */
export function parsePointer(pointer: string): readonly string[] {
  if (pointer !== '' && !pointer.startsWith('/')) throw new TypeError(`${JSON.stringify(pointer)} is no JSON pointer`);
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What stands there in plain data, by own members alone; `undefined` where nothing does. */
export function resolvePointer(value: unknown, tokens: readonly string[]): unknown {
  let found = value;
  for (const token of tokens) {
    if (!isContainer(found) || (Array.isArray(found) && !INDEX.test(token)) || !Object.hasOwn(found, token))
      return undefined;
    found = Reflect.get(found, token);
  }
  return found;
}

/** One more token at the end of a pointer. */
export function extendPointer(pointer: string, token: string | number): string {
  return `${pointer}/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function isContainer(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype)
  );
}
