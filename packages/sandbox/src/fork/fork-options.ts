import { isAbsolute } from 'node:path';
import { createError } from '@kb-labs/contracts';

/** What holds a forked guest, what it may load, and how many are kept. An unknown or malformed option is `ERR_CONFIG_INVALID`. */
export interface ForkSandboxOptions {
  /**
   * `auto` (default) uses bubblewrap where a probe shows that it works, `required` refuses to run without it
   * (`ERR_CONFINEMENT_TOO_WEAK`), `off` never uses it.
   */
  readonly wall?: 'auto' | 'required' | 'off';
  /** Folders beside the plugin's own from which it may load code, such as a shared `node_modules`. All of what they hold can be read. */
  readonly codeRoots?: readonly string[];
  /**
   * Processes that are kept ready for a plugin from its second run on, each for one policy of it: 1, or none where `maxSpares` is 0. More are kept as
   * runs come faster. With 0 each run waits until a process has started, and with `isolation: 'plugin'` none is started to take the place of another.
   */
  readonly spares?: number;
  /**
   * Whether ready processes load a plugin's modules ahead (`true`), once its runs load the same and end well. Replace a plugin as a whole then, or with its
   * package.json: where only a file that a handler's file imports is changed in place, code from before runs on. `false` where files are edited in place.
   */
  readonly preload?: boolean;
  /**
   * Ready processes at most, over all plugins, for those that run most often: 8, or `spares` where that is more. As many may be idle between two runs of
   * `isolation: 'plugin'`, one at least.
   */
  readonly maxSpares?: number;
  /** A ready process that nobody needed for so many milliseconds is ended: 30 000. */
  readonly idleMs?: number;
  /**
   * With `isolation: 'plugin'`: runs that one process serves at most, 1 000. Shortly before, where runs come fast, another process may be started to take its
   * place, so that there are two for a moment.
   */
  readonly maxRuns?: number;
  /** With `isolation: 'plugin'`: milliseconds after which a process gets no further run, 600 000. Another one may be started before, as for `maxRuns`. */
  readonly maxAgeMs?: number;
  /**
   * Processes of guests at most, running, ready, starting and ending: 256. Runs beyond that wait, and plugins take turns. The spawner, and the process that
   * compiles the guest's program, do not count.
   */
  readonly maxChildren?: number;
  /** Milliseconds that a run waits for a process at most, or its `startTimeoutMs` if that is less: 10 000. Then it is `ERR_QUEUE_TIMEOUT`. */
  readonly queueTimeoutMs?: number;
  /**
   * Who starts processes. `auto` (default): from 256 MiB resident on, on Linux, a small process beside the host, because a fork holds up the event loop of
   * a large one. `always` and `never` say so whatever the host's size (Windows: never).
   */
  readonly spawner?: 'auto' | 'always' | 'never';
  /** Runs that wait for a process, over all plugins: 1 000. One more is `ERR_QUOTA_EXCEEDED` at once. */
  readonly maxQueued?: number;
}

/** All options, each with a value that can be used as it is. */
export type CheckedForkOptions = Required<ForkSandboxOptions>;

type NumberOption =
  | 'spares'
  | 'maxSpares'
  | 'idleMs'
  | 'maxRuns'
  | 'maxAgeMs'
  | 'maxChildren'
  | 'queueTimeoutMs'
  | 'maxQueued';

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly usual: number;
}

/** Longest delay of a Node timer. */
const MAX_MS = 2_147_483_647;
const BOUNDS: Readonly<Record<NumberOption, Bounds>> = {
  spares: { least: 0, most: 256, usual: 1 },
  maxSpares: { least: 0, most: 4_096, usual: 8 },
  idleMs: { least: 1, most: MAX_MS, usual: 30_000 },
  maxRuns: { least: 1, most: 1_000_000_000, usual: 1_000 },
  maxAgeMs: { least: 1, most: MAX_MS, usual: 600_000 },
  maxChildren: { least: 1, most: 65_536, usual: 256 },
  queueTimeoutMs: { least: 1, most: MAX_MS, usual: 10_000 },
  maxQueued: { least: 0, most: 1_000_000, usual: 1_000 },
};
const NAMES: readonly string[] = ['wall', 'codeRoots', 'spawner', 'preload', ...Object.keys(BOUNDS)];

/** Puts defaults where nothing is said. Throws `ERR_CONFIG_INVALID` for what is unknown, malformed or contradicts itself. */
export function checkForkOptions(options: ForkSandboxOptions): CheckedForkOptions {
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw invalid(`forkSandbox has no option "${unknown}": it has ${NAMES.join(', ')}`);
  const { wall = 'auto', codeRoots = [], spawner = 'auto', preload = true } = options;
  if (!['auto', 'required', 'off'].includes(wall))
    throw invalid(`wall is "auto", "required" or "off", not ${JSON.stringify(wall)}`);
  if (!['auto', 'always', 'never'].includes(spawner))
    throw invalid(`spawner is "auto", "always" or "never", not ${JSON.stringify(spawner)}`);
  if (!isListOfFolders(codeRoots)) {
    const hint = 'give codeRoots an array of absolute paths, such as ["/srv/shared/node_modules"]';
    throw invalid('codeRoots is no array of absolute paths', hint);
  }
  if (typeof preload !== 'boolean') throw invalid(`preload is true or false, not ${JSON.stringify(preload)}`);
  const { spares, maxSpares } = readSpares(options);
  return {
    wall,
    codeRoots: [...codeRoots],
    spawner,
    preload,
    spares,
    maxSpares,
    idleMs: readNumber(options, 'idleMs'),
    maxRuns: readNumber(options, 'maxRuns'),
    maxAgeMs: readNumber(options, 'maxAgeMs'),
    maxChildren: readNumber(options, 'maxChildren'),
    queueTimeoutMs: readNumber(options, 'queueTimeoutMs'),
    maxQueued: readNumber(options, 'maxQueued'),
  };
}

/** Each follows the other where it is not said itself. */
function readSpares(options: ForkSandboxOptions): Pick<CheckedForkOptions, 'spares' | 'maxSpares'> {
  const said = { spares: readNumber(options, 'spares'), maxSpares: readNumber(options, 'maxSpares') };
  const spares = options.spares === undefined ? Math.min(said.spares, said.maxSpares) : said.spares;
  const maxSpares = options.maxSpares === undefined ? Math.max(spares, said.maxSpares) : said.maxSpares;
  if (maxSpares < spares) throw invalid(`maxSpares is ${maxSpares}, less than spares, which is ${spares}`);
  return { spares, maxSpares };
}

function readNumber(options: ForkSandboxOptions, name: NumberOption): number {
  const { least, most, usual } = BOUNDS[name];
  const value = options[name] ?? usual;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw invalid(`${name} is a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`);
}

/** Written by hand, perhaps in JavaScript: a string would be taken for a list of its letters. */
function isListOfFolders(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string' && isAbsolute(entry));
}

function invalid(message: string, hint?: string): Error {
  return createError('ERR_CONFIG_INVALID', message, hint === undefined ? {} : { hint });
}
