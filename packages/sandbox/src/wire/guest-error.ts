import type { GuestError } from '@kb-labs/contracts';

const MAX_MESSAGE = 8_192;
const MAX_STACK = 16_384;
const MAX_NAME = 256;
const MAX_HINT = 1_024;
const MAX_CAUSES = 8;
const MAX_PARTS = 16;

/**
 * Makes data of whatever was thrown. Never throws itself: getters, proxies, cycles and endless chains are met with bounds, and what is no
 * error is called `NonError`. `root` is cut out of the stack, and frames from outside it are left out.
 */
export function describeThrown(thrown: unknown, root: string): GuestError {
  return describe(thrown, root, { depth: 0, seen: new Set() });
}

interface Walk {
  readonly depth: number;
  readonly seen: ReadonlySet<unknown>;
}

function describe(thrown: unknown, root: string, walk: Walk): GuestError {
  if (!isErrorLike(thrown)) return nonError(thrown);
  const name = readText(thrown, 'name', MAX_NAME);
  const message = readText(thrown, 'message', MAX_MESSAGE);
  const code = readText(thrown, 'code', MAX_NAME);
  const hint = readText(thrown, 'hint', MAX_HINT);
  const stack = readText(thrown, 'stack', MAX_STACK * 4);
  const inner = { depth: walk.depth + 1, seen: new Set([...walk.seen, thrown]) };
  const cause = describeCause(read(thrown, 'cause'), root, inner);
  const parts = describeParts(read(thrown, 'errors'), root, inner);
  const mapped = stack.text === undefined ? undefined : keepOwnFrames(stack.text, root);
  return {
    name: name.text ?? 'Error',
    message: message.text ?? '',
    code: code.text,
    hint: hint.text,
    stack: mapped?.slice(0, MAX_STACK),
    cause: cause.error,
    errors: parts.errors,
    truncated:
      name.cut || message.cut || code.cut || stack.cut || (mapped?.length ?? 0) > MAX_STACK || cause.cut || parts.cut,
  };
}

function isErrorLike(thrown: unknown): thrown is object {
  try {
    return thrown instanceof Error;
  } catch {
    // A proxy whose traps throw, or a revoked one: it is treated as what it is, nothing.
    return false;
  }
}

function nonError(thrown: unknown): GuestError {
  let message: string;
  try {
    const kind = typeof thrown;
    message =
      kind === 'object' || kind === 'function' || kind === 'symbol'
        ? `a thrown ${thrown === null ? 'null' : kind}`
        : String(thrown);
  } catch {
    message = 'a thrown value that cannot be read';
  }
  const cut = message.length > MAX_MESSAGE;
  const text = message.slice(0, MAX_MESSAGE);
  return {
    name: 'NonError',
    message: text,
    code: undefined,
    hint: undefined,
    stack: undefined,
    cause: undefined,
    errors: [],
    truncated: cut,
  };
}

function read(from: object, key: string): unknown {
  try {
    return Reflect.get(from, key);
  } catch {
    // A getter that throws hides its own property and nothing else.
    return undefined;
  }
}

function readText(
  from: object,
  key: string,
  limit: number,
): { readonly text: string | undefined; readonly cut: boolean } {
  const value = read(from, key);
  if (typeof value === 'number') return { text: String(value), cut: false };
  if (typeof value !== 'string') return { text: undefined, cut: false };
  return { text: value.slice(0, limit), cut: value.length > limit };
}

function describeCause(
  cause: unknown,
  root: string,
  walk: Walk,
): { readonly error: GuestError | undefined; readonly cut: boolean } {
  if (cause === undefined || cause === null) return { error: undefined, cut: false };
  if (walk.depth >= MAX_CAUSES || walk.seen.has(cause)) return { error: undefined, cut: true };
  const error = describe(cause, root, walk);
  return { error, cut: error.truncated };
}

function describeParts(
  parts: unknown,
  root: string,
  walk: Walk,
): { readonly errors: readonly GuestError[]; readonly cut: boolean } {
  let kept: unknown[] = [];
  let cut = false;
  try {
    if (Array.isArray(parts) && walk.depth < MAX_CAUSES) {
      const { length } = parts;
      cut = length > MAX_PARTS;
      // By index: a hole is a part as well, and a list with holes could not be sent.
      kept = Array.from({ length: Math.min(length, MAX_PARTS) }, (_, index) => read(parts, String(index)));
    }
  } catch {
    // A proxied list that throws has no parts to show.
    return { errors: [], cut: true };
  }
  // One level of parts: an aggregate of aggregates would grow as 16 to the power of its depth.
  const errors = kept.map((part) => describe(part, root, { depth: MAX_CAUSES, seen: walk.seen }));
  return { errors, cut: cut || errors.some((error) => error.truncated) };
}

const PLACE = /^(?:file:\/\/)?\/.*:\d+$/;

function keepOwnFrames(stack: string, root: string): string {
  const prefix = root === '' || root.endsWith('/') ? root : `${root}/`;
  const lines = (prefix === '' ? stack : stack.replaceAll(urlOf(prefix), prefix)).split('\n');
  const isFrame = (line: string): boolean => line.startsWith('    at ');
  const isElsewhere = (line: string): boolean => PLACE.test(line) && (prefix === '' || !line.includes(prefix));
  // The stack of a `SyntaxError` begins with a place, which may be in a module of the host's.
  const head = lines.filter((line, index) => !isFrame(line) && !(index === 0 && isElsewhere(line)));
  if (prefix === '') return head.join('\n');
  const own = lines.filter((line) => isFrame(line) && line.includes(prefix));
  return [...head, ...own].join('\n').replaceAll(prefix, './');
}

/** How a stack names a folder in ES modules: spaces and what is not ASCII are encoded. */
function urlOf(folder: string): string {
  return `file://${encodeURI(folder.toWellFormed()).replaceAll('#', '%23').replaceAll('?', '%3F')}`;
}

/** Reads a described error that came over the wire, with the same bounds: a guest may send anything. */
export function parseGuestError(value: unknown, depth = 0): GuestError {
  const fields: Readonly<Record<string, unknown>> =
    typeof value === 'object' && value !== null ? { ...(value as Record<string, unknown>) } : {};
  const text = (key: string, limit: number): string | undefined => {
    const field = fields[key];
    return typeof field === 'string' ? field.slice(0, limit) : undefined;
  };
  const { cause, errors } = fields;
  const deeper = depth < MAX_CAUSES;
  return {
    name: text('name', MAX_NAME) ?? 'Error',
    message: text('message', MAX_MESSAGE) ?? '',
    code: text('code', MAX_NAME),
    hint: text('hint', MAX_HINT),
    stack: text('stack', MAX_STACK),
    cause: deeper && cause !== undefined && cause !== null ? parseGuestError(cause, depth + 1) : undefined,
    errors:
      deeper && Array.isArray(errors)
        ? errors.slice(0, MAX_PARTS).map((part) => parseGuestError(part, MAX_CAUSES))
        : [],
    truncated: fields['truncated'] === true,
  };
}
