import { posix, win32 } from 'node:path';
import { createError } from '@kb-labs/contracts';
import type { CanonicalPath, PluginError } from '@kb-labs/contracts';
import { configError } from './config-error.js';
import { assertKnownOptions } from './known-options.js';
import type { OptionNames } from './known-options.js';
import { PathNames } from './path-names.js';
import { plainStart, readPlainRoot } from './plain-path.js';
import type { PlainRoot } from './plain-path.js';
import { win32PathProblem } from './win32-path.js';

const MAX_UNITS = 4096;
const MAX_SEGMENTS = 128;
const MAX_NAME = 255;

/** Against what a path is read. An unknown option is `ERR_CONFIG_INVALID`. */
export interface ParseFsTargetOptions {
  /** Absolute; relative paths are resolved against it, never against the working directory. */
  readonly root: string;
  /** Whose path rules hold. Default: this process's. */
  readonly platform?: NodeJS.Platform;
}

const OPTIONS: OptionNames<ParseFsTargetOptions> = { root: true, platform: true };

const PLATFORMS: ReadonlySet<NodeJS.Platform> = new Set<NodeJS.Platform>([
  'aix',
  'android',
  'cygwin',
  'darwin',
  'freebsd',
  'haiku',
  'linux',
  'netbsd',
  'openbsd',
  'sunos',
  'win32',
]);

/** What came of reading a path: the canonical form, or what is wrong with it. */
type FsTargetResult =
  | { readonly ok: true; readonly path: CanonicalPath }
  | { readonly ok: false; readonly problem: string };

/**
 * Turns a path, as a guest wrote it, into the one object that is decided on and then used. Purely lexical: it follows no
 * links and expands nothing (`%2e`, `~` and `$HOME` are names). Throws `ERR_INVALID_ARGUMENT` for what is malformed.
 */
export function parseFsTarget(path: unknown, options: ParseFsTargetOptions): CanonicalPath {
  return compileFsTargetParser(options)(path);
}

/** `parseFsTarget` for many paths below one root, whose options are read once. */
export function compileFsTargetParser(options: ParseFsTargetOptions): (path: unknown) => CanonicalPath {
  assertKnownOptions(options, OPTIONS);
  const platform = options.platform ?? process.platform;
  const root = parseRoot(options.root, platform, '/root');
  const context: PathContext = { root, platform, plainRoot: readPlainRoot(root, platform) };
  return (path) => {
    const result = readFsTarget(path, context);
    if (result.ok) return result.path;
    throw createTargetError(result.problem);
  };
}

function createTargetError(problem: string): PluginError {
  return createError('ERR_INVALID_ARGUMENT', `the path is refused: ${problem}`, {
    details: { argument: 'path', problem },
    hint: 'hand in a string that names a file below the root',
  });
}

/**
 * Parses a root or another path of the host: absolute and normalised. Folders of a host may have any name that its system takes, line breaks
 * and all; what is asked for below them may not. Throws `ERR_CONFIG_INVALID`, also for a platform that is none.
 */
export function parseRoot(root: unknown, platform: NodeJS.Platform, pointer: string): string {
  if (!PLATFORMS.has(platform)) {
    throw configError('ERR_CONFIG_INVALID', [{ pointer: '/platform', message: 'must be one of process.platform' }]);
  }
  const rules = platform === 'win32' ? win32 : posix;
  if (typeof root === 'string' && rules.isAbsolute(root) && !/[\0\p{Cs}]/u.test(root)) return rules.resolve(root);
  throw configError('ERR_CONFIG_INVALID', [{ pointer, message: 'must be an absolute path' }]);
}

/** What a path is read against: a parsed root, and what `readPlainRoot` says of it. */
export interface PathContext {
  readonly root: string;
  readonly platform: NodeJS.Platform;
  readonly plainRoot: PlainRoot | undefined;
}

/** A path as rules see it. */
export interface NamedPath {
  /** Below the root; `undefined` where the path lies outside it. */
  readonly names: PathNames | undefined;
  /** Whether it is as `plainStart` has it. */
  readonly isPlain: boolean;
}

/** The names of a path that nobody will use but to decide on it; `undefined` for a malformed one. */
export function readPathNames(path: string, context: PathContext): NamedPath | undefined {
  const start = context.plainRoot === undefined ? -1 : plainStart(path, context.plainRoot);
  if (start !== -1) return { names: PathNames.fromText(path, start), isPlain: true };
  const result = readFsTarget(path, context);
  return result.ok ? namesOf(result.path) : undefined;
}

/** The names of a parsed path. */
export function namesOf(path: CanonicalPath): NamedPath {
  const { segments } = path;
  return { names: segments === undefined ? undefined : PathNames.of(segments), isPlain: ParsedPath.isPlain(path) };
}

/** As `parseFsTarget`, from a parsed root and without throwing. */
function readFsTarget(path: unknown, context: PathContext): FsTargetResult {
  const { root, platform, plainRoot } = context;
  const start = plainRoot === undefined || typeof path !== 'string' ? -1 : plainStart(path, plainRoot);
  if (start !== -1 && plainRoot !== undefined && typeof path === 'string') {
    const absolute = start === 0 ? plainRoot.prefix + path : path;
    const segments = Object.freeze(path.slice(start).split('/'));
    return { ok: true, path: new ParsedPath({ asWritten: path, root, absolute, segments }, true) };
  }
  const problem = pathProblem(path, platform);
  if (problem !== undefined || typeof path !== 'string') return { ok: false, problem: problem ?? 'not a string' };
  const rules = platform === 'win32' ? win32 : posix;
  const absolute = rules.resolve(root, path);
  const relative = rules.relative(root, absolute);
  const names = relative === '' ? [] : relative.split(rules.sep);
  const outside = names[0] === '..' || rules.isAbsolute(relative);
  if (names.length > MAX_SEGMENTS) return { ok: false, problem: `more than ${MAX_SEGMENTS} segments` };
  const segments = outside ? undefined : Object.freeze(names);
  return { ok: true, path: new ParsedPath({ asWritten: path, root, absolute, segments }, false) };
}

/** Whether this very object came out of the parser. What only looks like one did not. */
export function isParsedPath(value: unknown): value is CanonicalPath {
  return ParsedPath.made(value);
}

type PathParts = Omit<CanonicalPath, 'brand'>;

class ParsedPath implements CanonicalPath {
  readonly brand = 'CanonicalPath';
  readonly asWritten: string;
  readonly root: string;
  readonly absolute: string;
  readonly segments: readonly string[] | undefined;
  // A private field cannot be forged, copied or inherited by a look-alike.
  readonly #isPlain: boolean;

  constructor(parts: PathParts, isPlain: boolean) {
    this.#isPlain = isPlain;
    this.asWritten = parts.asWritten;
    this.root = parts.root;
    this.absolute = parts.absolute;
    this.segments = parts.segments;
    Object.freeze(this);
  }

  static made(value: unknown): value is CanonicalPath {
    return typeof value === 'object' && value !== null && #isPlain in value;
  }

  static isPlain(path: CanonicalPath): boolean {
    return #isPlain in path && path.#isPlain;
  }
}

function pathProblem(path: unknown, platform: NodeJS.Platform): string | undefined {
  if (typeof path !== 'string') return 'it is not a string';
  if (path === '') return 'it is empty';
  if (path.length > MAX_UNITS) return `it is longer than ${MAX_UNITS} characters`;
  if (/\p{Cs}/u.test(path)) return 'it is not well-formed Unicode';
  if (/\p{Cc}/u.test(path)) return 'it has a control character';
  const separator = platform === 'win32' ? /[\\/]/ : '/';
  if (path.split(separator).some((name) => name.length > MAX_NAME))
    return `a name is longer than ${MAX_NAME} characters`;
  return platform === 'win32' ? win32PathProblem(path) : undefined;
}
