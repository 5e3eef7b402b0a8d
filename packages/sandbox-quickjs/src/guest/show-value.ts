const MAX_DEPTH = 3;
const MAX_ENTRIES = 100;
const MAX_TEXT = 10_000;

/** What `console` writes: text as it is, anything else so that a person can read it. Hostile getters and proxies may throw. */
export function showLine(args: readonly unknown[]): string {
  const [first, ...others] = args;
  if (typeof first !== 'string' || !first.includes('%')) return args.map(showArgument).join(' ');
  const rest = [...others];
  const text = first.replaceAll(/%[sdifjoOc%]/g, (mark) => {
    if (mark === '%%') return '%';
    return rest.length === 0 ? mark : fillIn(mark, rest.shift());
  });
  return [text, ...rest.map(showArgument)].join(' ');
}

function fillIn(mark: string, value: unknown): string {
  switch (mark) {
    case '%s':
      return showArgument(value);
    case '%d':
    case '%f':
      return String(Number(value));
    case '%i':
      return String(Math.trunc(Number(value)));
    case '%j':
      return JSON.stringify(value) ?? 'undefined';
    case '%c':
      return '';
    default:
      return show(value, 0);
  }
}

function showArgument(value: unknown): string {
  return typeof value === 'string' ? value : show(value, 0);
}

function show(value: unknown, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, MAX_TEXT));
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `[function ${value.name}]`;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}\n${value.stack ?? ''}`.trimEnd();
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (depth > MAX_DEPTH) return Array.isArray(value) ? '[array]' : '[object]';
  return showParts(value, depth + 1);
}

function showParts(value: object, depth: number): string {
  if (Array.isArray(value)) return `[ ${cut(value, (entry) => show(entry, depth))} ]`;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return `${value.constructor.name}(${value.byteLength} bytes)`;
  if (value instanceof Map) {
    const pairs = cut([...value], ([key, entry]) => `${show(key, depth)} => ${show(entry, depth)}`);
    return `Map(${value.size}) { ${pairs} }`;
  }
  if (value instanceof Set) return `Set(${value.size}) { ${cut([...value], (entry) => show(entry, depth))} }`;
  return `{ ${cut(Object.entries(value), ([key, entry]) => `${key}: ${show(entry, depth)}`)} }`;
}

function cut<Entry>(entries: readonly Entry[], tell: (entry: Entry) => string): string {
  const kept = entries.slice(0, MAX_ENTRIES).map(tell);
  if (entries.length > MAX_ENTRIES) kept.push(`${entries.length - MAX_ENTRIES} more`);
  return kept.join(', ');
}
