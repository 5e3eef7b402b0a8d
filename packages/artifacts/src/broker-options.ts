import { createError } from '@kb-labs/contracts';
import type { ArtifactRules, ArtifactStore, ArtifactWriteOptions, Clock, PluginError } from '@kb-labs/contracts';
import { parsePluginId, quote } from './artifact-path.js';
import { assertSemver } from './artifact-version.js';
import { assertContentType } from './put-options.js';
import { assertStoreOptions, parseLimit, wrongOption } from './store-options.js';

const MAKER = { name: 'ArtifactBroker', options: ['store', 'pluginId', 'rules', 'clock', 'maxBytes'] };
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
const STORE_METHODS = ['put', 'get', 'stat', 'list', 'delete'] as const;
const WRITE_OPTIONS = [
  'contentType',
  'version',
  'schemaVersion',
  'ttlMs',
  'maxBytes',
  'ifMatch',
  'ifNoneMatch',
  'signal',
];
// Beyond it a timer of Node ends at once.
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** For whom a broker works, and with what. An unknown option is `ERR_CONFIG_INVALID`. */
export interface ArtifactBrokerOptions {
  readonly store: ArtifactStore;
  /** Whose artifacts are its own. */
  readonly pluginId: string;
  /** What it may do: every set must allow, and an empty list is refused. `'host'`: everything, with everybody's artifacts. */
  readonly rules: readonly ArtifactRules[] | 'host';
  /** Tells what has expired. Default: that of the process. */
  readonly clock?: Clock;
  /** Bytes that one artifact may have when it is written, or read at once. Default 256 MiB. */
  readonly maxBytes?: number;
}

/** What every read may be told. */
export const READ_OPTIONS: readonly string[] = ['minVersion', 'signal'];

/** What a write is told, with the content type that was found for it. */
export type ResolvedWriteOptions = ArtifactWriteOptions & { readonly contentType: string };

/** Checks what a broker is made of, all but its rules. Throws `ERR_CONFIG_INVALID`. */
export function parseBrokerOptions(options: ArtifactBrokerOptions): Required<Omit<ArtifactBrokerOptions, 'rules'>> {
  assertStoreOptions(options, MAKER);
  const { store, pluginId, clock = PROCESS_CLOCK, maxBytes = DEFAULT_MAX_BYTES } = options;
  if (
    typeof store !== 'object' ||
    store === null ||
    !STORE_METHODS.every((name) => typeof store[name] === 'function')
  ) {
    throw wrongOption('store', 'the option "store" of ArtifactBroker is no artifact store');
  }
  return { store, pluginId: parseOwnId(pluginId), clock, maxBytes: parseLimit(MAKER, 'maxBytes', maxBytes) };
}

/** Checks how an artifact is to be kept, and tells when it expires. Throws `ERR_INVALID_ARGUMENT`. */
export function parseWriteOptions(options: ResolvedWriteOptions, now: number): number | undefined {
  assertKnownOptions(options, WRITE_OPTIONS);
  assertContentType(options.contentType);
  assertSemver('version', options.version);
  assertSemver('schemaVersion', options.schemaVersion);
  const { maxBytes, ttlMs } = options;
  if (maxBytes !== undefined && !(typeof maxBytes === 'number' && maxBytes >= 0)) {
    throw wrong('maxBytes is not a number of bytes, zero or more');
  }
  if (ttlMs === undefined) return undefined;
  if (!Number.isSafeInteger(ttlMs) || ttlMs <= 0 || !Number.isSafeInteger(now + ttlMs)) {
    throw wrong('ttlMs is not a whole number of milliseconds, one or more');
  }
  return now + ttlMs;
}

/** Checks how long to wait. Throws `ERR_INVALID_ARGUMENT`. */
export function parseTimeout(timeoutMs: unknown): number {
  if (typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS) return timeoutMs;
  throw wrong(`timeoutMs is not a number of milliseconds from 0 to ${MAX_TIMEOUT_MS}`);
}

/** Refuses what nobody would keep. Throws `ERR_INVALID_ARGUMENT`. */
export function assertKnownOptions(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const names = known.map((name) => `"${name}"`).join(', ');
  throw createError('ERR_INVALID_ARGUMENT', `there is no option ${quote(unknown)}`, {
    hint: `use ${names}, or leave it out`,
  });
}

const PROCESS_CLOCK: Clock = Object.freeze({ now: () => Date.now(), monotonic: () => performance.now() });

function parseOwnId(pluginId: unknown): string {
  try {
    return parsePluginId(pluginId);
  } catch (error) {
    if (error instanceof Error) throw wrongOption('pluginId', error.message);
    throw error;
  }
}

function wrong(message: string): PluginError {
  return createError('ERR_INVALID_ARGUMENT', message);
}
