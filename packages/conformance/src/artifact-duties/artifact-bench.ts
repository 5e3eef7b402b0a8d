import assert from 'node:assert/strict';
import type {
  ArtifactInfo,
  ArtifactKey,
  ArtifactPutOptions,
  ArtifactStore,
  Clock,
  ErrorCode,
} from '@kb-labs/contracts';
import { assertMade, missingMethods } from '../bench/assert-made.js';
import { assertRefused } from '../bench/assert-refused.js';

/** An empty store, and what the kit may do to the place in which it keeps its bytes. */
export interface ArtifactStoreBench {
  readonly store: ArtifactStore;
  /** Another store over the same place, as another process opens it. Default: `store` itself. */
  readonly open?: () => ArtifactStore | Promise<ArtifactStore>;
  /** What lies in that place and is no artifact: parts of writes that failed, for one. The kit expects nothing. */
  readonly leftovers?: () => Promise<readonly string[]>;
  /** Changes bytes of an artifact behind the store's back, and not their number. */
  readonly damage?: (key: ArtifactKey) => Promise<void>;
  /** Called when the test is over. */
  readonly dispose?: () => Promise<void>;
}

/** A clock that stands still until it is moved. The store under test must take its time from it. */
export class HeldClock implements Clock {
  #now = 1_700_000_000_000;

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  /** Lets milliseconds pass. */
  advance(ms: number): void {
    this.#now += ms;
  }
}

/** What a duty is checked with: a new bench for each. */
export interface ArtifactTrial {
  readonly bench: ArtifactStoreBench;
  readonly store: ArtifactStore;
  readonly clock: HeldClock;
}

/** Something that every artifact store does. `check` rejects where it does not. */
export interface ArtifactDuty {
  /** A fact: "keeps what was written". */
  readonly title: string;
  /** What it asks of the bench; a duty that asks for what is not there is listed as skipped. */
  readonly needs?: 'damage' | 'watch';
  readonly check: (trial: ArtifactTrial) => Promise<void>;
}

const METHODS = ['put', 'get', 'stat', 'list', 'delete'];

/** The artifact that most duties write. */
export const KEY: ArtifactKey = Object.freeze({ pluginId: '@acme/review', path: 'reports/2026.md' });

/** Options of a write with no condition. */
export function put(options: Partial<ArtifactPutOptions> = {}): ArtifactPutOptions {
  return { contentType: 'text/plain', maxBytes: 16_000_000, signal: new AbortController().signal, ...options };
}

/** The content of an artifact as text, `undefined` where there is none. */
export async function textOf(store: ArtifactStore, key: ArtifactKey = KEY): Promise<string | undefined> {
  return (await bytesOf(store, key))?.toString();
}

/** The content of an artifact, `undefined` where there is none. */
export async function bytesOf(store: ArtifactStore, key: ArtifactKey = KEY): Promise<Buffer | undefined> {
  const stored = await store.get(key, new AbortController().signal);
  return stored === undefined ? undefined : Buffer.concat(await collect(stored.body));
}

/** All that an iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What a store lists for a plugin. */
export function listOf(store: ArtifactStore, pluginId: string = KEY.pluginId): Promise<readonly ArtifactInfo[]> {
  return collect(store.list(pluginId));
}

/** Pieces of a body, one by one. */
export async function* streamOf(
  ...pieces: readonly (string | Uint8Array)[]
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of pieces) yield Buffer.from(piece);
}

/** Rejects unless the work fails with this code. `what` names the work for whoever reads the failure. */
export function refuses(work: Promise<unknown>, code: ErrorCode, what?: string): Promise<void> {
  return assertRefused(() => work, code, what);
}

/** Throws where a factory made no bench, and says what it is to make. */
export function assertArtifactBench(made: unknown): asserts made is ArtifactStoreBench {
  const usage = 'create: (clock) => ({ store: … })';
  if (missingMethods(made, METHODS).length === 0) {
    throw new Error(`${usage} owes an object that holds the store, and it gave the store itself; write ({ store })`);
  }
  const store: unknown = typeof made === 'object' && made !== null ? Reflect.get(made, 'store') : made;
  assertMade(store, { usage, thing: `a store with ${METHODS.join(', ')}`, methods: METHODS });
}

/** Rejects unless nothing but artifacts lies in the place of the store. */
export async function leavesNothing({ bench }: ArtifactTrial): Promise<void> {
  assert.deepEqual(await (bench.leftovers?.() ?? []), []);
}

/** Another store over the same place. */
export async function another({ bench, store }: ArtifactTrial): Promise<ArtifactStore> {
  return (await bench.open?.()) ?? store;
}

/** How each of several works ended: its value, or the code of its error. */
export async function endings<T>(
  works: readonly Promise<T>[],
): Promise<{ values: readonly T[]; codes: readonly unknown[] }> {
  const results = await Promise.allSettled(works);
  return {
    values: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    codes: results.flatMap((result) => (result.status === 'rejected' ? [codeOf(result.reason)] : [])),
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}
