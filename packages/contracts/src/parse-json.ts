const QUOTE = 34;
const BACKSLASH = 92;

/**
 * `JSON.parse`, but for a defect of Node 24 and 26: it takes a name that is written with an escape, such as `"\""`, for another one, once the
 * process has made an object with a name that begins as the escape does (nodejs/node#63785). So one text can change what is read of the next.
 * Use it for JSON that a plugin has a hand in. Throws what `JSON.parse` throws.
 */
export function parseJson(text: string): unknown {
  const names = text.includes('\\') ? findEscapedNames(text) : [];
  if (names.length === 0) return JSON.parse(text);
  const mark = unusedMark(text);
  let clear = '';
  let end = 0;
  for (const [index, { start, stop }] of names.entries()) {
    clear += `${text.slice(end, start)}"${mark}${index}"`;
    end = stop;
  }
  // Each name is JSON itself, so that the whole is JSON where what is parsed is.
  const real = names.map(({ start, stop }) => String(JSON.parse(text.slice(start, stop))));
  return rename(JSON.parse(clear + text.slice(end)), mark, real);
}

interface Place {
  readonly start: number;
  readonly stop: number;
}

/** Where names with escapes stand, their quotes included. */
function findEscapedNames(text: string): readonly Place[] {
  const found: Place[] = [];
  for (let start = text.indexOf('"'); start !== -1;) {
    let isEscaped = false;
    let end = start + 1;
    for (; end < text.length && text.charCodeAt(end) !== QUOTE; end += 1) {
      if (text.charCodeAt(end) !== BACKSLASH) continue;
      isEscaped = true;
      end += 1;
    }
    if (isEscaped && isBeforeColon(text, end + 1)) found.push({ start, stop: end + 1 });
    start = text.indexOf('"', end + 1);
  }
  return found;
}

function isBeforeColon(text: string, from: number): boolean {
  let at = from;
  while (' \t\n\r'.includes(text[at] ?? ':')) at += 1;
  return text[at] === ':';
}

function unusedMark(text: string): string {
  let mark = 'name ';
  while (text.includes(mark)) mark += ' ';
  return mark;
}

/** Gives the members their own names back. An object from which members were taken is a table to V8, and teaches it no names. */
function rename(root: unknown, mark: string, real: readonly string[]): unknown {
  const open = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    const members: [string, unknown][] = Object.entries(value);
    if (!Array.isArray(value) && members.some(([name]) => name.startsWith(mark))) {
      for (const [name] of members) Reflect.deleteProperty(value, name);
      for (const [name, member] of members) {
        const own = name.startsWith(mark) ? (real[Number(name.slice(mark.length))] ?? name) : name;
        Object.defineProperty(value, own, { value: member, writable: true, enumerable: true, configurable: true });
      }
    }
    for (const [, member] of members) open.push(member);
  }
  return root;
}
