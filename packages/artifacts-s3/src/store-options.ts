import { createError } from '@kb-labs/contracts';
import type { Clock, PluginError } from '@kb-labs/contracts';
import { hasS3Calls } from './s3-calls.js';
import type { S3Calls } from './s3-calls.js';

const MEBIBYTE = 1024 * 1024;
const DEFAULT_PART_BYTES = 8 * MEBIBYTE;
/** S3's own limits for all parts but the last. */
const MIN_PART_BYTES = 5 * MEBIBYTE;
const MAX_PART_BYTES = 512 * MEBIBYTE;
const DAY_MS = 86_400_000;
const MAX_PREFIX = 256;
const PREFIX = /^(?:[\w!.*'()~@-]+\/)*$/;
const DOTS = /(?:^|\/)\.{1,2}\//;

/** Where an S3 store lies. An unknown option is `ERR_CONFIG_INVALID`. */
export interface S3ArtifactStoreOptions {
  /** `new S3(…)` of `@aws-sdk/client-s3`: endpoint, region, credentials, retries and time limits are its own. */
  readonly client: S3Calls;
  readonly bucket: string;
  /** `''`, the default, or folders such as `artifacts/`. All that lies below it belongs to the store alone. */
  readonly prefix?: string;
  /** Default: that of the process. */
  readonly clock?: Clock;
  /**
   * `many`, the default: any number of stores write below the prefix, and the server keeps them apart by conditional writes; one that does
   * not is refused on the first write. `one`: this store is the only one that writes, and keeps its own writes apart.
   */
  readonly writers?: 'many' | 'one';
  /** Bytes of a part of a multipart upload; a write holds two of them in memory. 5 to 512 MiB, default 8 MiB. */
  readonly partBytes?: number;
  /** Milliseconds after which what a dead writer left is removed; a write may take half of it. At least 1 000, default a day. */
  readonly leftoverAfterMs?: number;
}

/** The options of a store with every default filled in. */
export type S3StoreSettings = Required<S3ArtifactStoreOptions>;

const NAMES = ['client', 'bucket', 'prefix', 'clock', 'writers', 'partBytes', 'leftoverAfterMs'];

/** Fills in the defaults. Throws `ERR_CONFIG_INVALID` with the option in the pointer. */
export function parseStoreOptions(options: S3ArtifactStoreOptions): S3StoreSettings {
  if (typeof options !== 'object' || options === null)
    throw wrong('', 'createS3ArtifactStore takes an object of options');
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw wrong(unknown, `there is no option ${JSON.stringify(unknown.slice(0, 64))}`, `use ${NAMES.join(', ')}`);
  }
  const { client, bucket, prefix = '', clock = systemClock(), writers = 'many' } = options;
  const { partBytes = DEFAULT_PART_BYTES, leftoverAfterMs = DAY_MS } = options;
  if (!hasS3Calls(client)) {
    throw wrong(
      'client',
      'it is not a client of S3',
      'hand in `new S3({ … })` of @aws-sdk/client-s3, not `new S3Client(…)`',
    );
  }
  if (typeof bucket !== 'string' || bucket === '') throw wrong('bucket', 'it is not the name of a bucket');
  if (typeof prefix !== 'string' || prefix.length > MAX_PREFIX || !PREFIX.test(prefix) || DOTS.test(prefix)) {
    throw wrong(
      'prefix',
      'it is not a prefix of keys',
      'leave it out, or use plain folders such as `artifacts/`, each with a slash',
    );
  }
  if (!isClock(clock)) throw wrong('clock', 'it has no "now" and "monotonic"');
  if (writers !== 'many' && writers !== 'one') throw wrong('writers', 'it is neither "many" nor "one"');
  if (!isWithin(partBytes, MIN_PART_BYTES, MAX_PART_BYTES)) {
    throw wrong('partBytes', `it is not a whole number from ${MIN_PART_BYTES} to ${MAX_PART_BYTES}`);
  }
  if (!isWithin(leftoverAfterMs, 1_000, Number.MAX_SAFE_INTEGER)) {
    throw wrong('leftoverAfterMs', 'it is not a whole number of milliseconds, 1000 or more');
  }
  return { client, bucket, prefix, clock, writers, partBytes, leftoverAfterMs };
}

function isWithin(value: unknown, low: number, high: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= low && value <= high;
}

function isClock(clock: unknown): boolean {
  if (typeof clock !== 'object' || clock === null) return false;
  return ['now', 'monotonic'].every((name) => typeof Reflect.get(clock, name) === 'function');
}

function systemClock(): Clock {
  return { now: () => Date.now(), monotonic: () => performance.now() };
}

function wrong(option: string, flaw: string, hint?: string): PluginError {
  const pointer = option === '' ? '' : `/${option.slice(0, 64)}`;
  const message =
    option === '' ? flaw : `the option "${option.slice(0, 64)}" of createS3ArtifactStore is wrong: ${flaw}`;
  return createError('ERR_CONFIG_INVALID', message, { details: { pointer }, ...(hint === undefined ? {} : { hint }) });
}
