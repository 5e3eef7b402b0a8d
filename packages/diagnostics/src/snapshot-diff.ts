import type { JsonValue } from '@kb-labs/contracts';
import { z } from 'zod';
import { parseOptions } from './options.js';
import type { Snapshot, SnapshotCall } from './snapshot.js';

/** One thing that differs: where (JSON pointer into the snapshot), and what stands there. `undefined` is nothing. */
export interface SnapshotDifference {
  readonly pointer: string;
  readonly left: JsonValue | undefined;
  readonly right: JsonValue | undefined;
}

/** What makes a difference. */
export interface SnapshotDiffOptions {
  /** Times, durations and the receipt as well, which differ between any two runs. Default false. */
  readonly noise?: boolean;
}

const OPTIONS = z.strictObject({ noise: z.boolean().default(false) });

/** The first 1 000 differences. */
const MAX_DIFFERENCES = 1000;

/**
 * Compares two runs: request, what the handler got and gave, authority, calls in the order in which they began, logs, outcome, and what they
 * left behind. Ids never count. Where calls went apart, the rest of them differs as well: look at the first. Throws `ERR_CONFIG_INVALID` for
 * an option that there is none of.
 */
export function diffSnapshots(
  left: Snapshot,
  right: Snapshot,
  options: SnapshotDiffOptions = {},
): readonly SnapshotDifference[] {
  const { noise } = parseOptions(OPTIONS, options);
  const differences: SnapshotDifference[] = [];
  compare(comparable(left, noise), comparable(right, noise), { pointer: '', differences });
  return differences;
}

/** What of a snapshot says something of the run, as plain JSON. */
function comparable(snapshot: Snapshot, noise: boolean): JsonValue {
  const { stamp, request, handled, authority, confinement, result, operations, denials, artifacts, progress } =
    snapshot;
  const calls = snapshot.calls.toSorted((a, b) => a.call - b.call).map((call) => comparableCall(call, noise));
  const logs = snapshot.logs.map((log) => without(log, noise ? [] : ['time']));
  const left = artifacts.map((artifact) => without(artifact, noise ? [] : ['createdAt', 'expiresAt', 'etag']));
  const steady = { pluginId: stamp.pluginId, request, handled, authority, confinement, result, calls, logs, progress };
  const { metrics, stages } = snapshot;
  const receipt = noise ? { metrics, stages } : {};
  // Through JSON: what is `undefined` is not there.
  return JSON.parse(JSON.stringify({ ...steady, operations, denials, artifacts: left, ...receipt }));
}

function comparableCall({ name, args, outcome, ms, startTime }: SnapshotCall, noise: boolean): object {
  return noise ? { name, args, outcome, ms, startTime } : { name, args, outcome };
}

function without(facts: Readonly<Record<string, JsonValue>>, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(facts).filter(([name]) => !names.includes(name)));
}

interface Place {
  readonly pointer: string;
  readonly differences: SnapshotDifference[];
}

function compare(left: JsonValue | undefined, right: JsonValue | undefined, { pointer, differences }: Place): void {
  if (left === right || differences.length >= MAX_DIFFERENCES) return;
  if (!isCompound(left) || !isCompound(right) || Array.isArray(left) !== Array.isArray(right)) {
    differences.push({ pointer, left, right });
    return;
  }
  const [before, after] = [new Map(Object.entries(left)), new Map(Object.entries(right))];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const place = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    compare(before.get(key), after.get(key), { pointer: place, differences });
  }
}

function isCompound(value: JsonValue | undefined): value is JsonValue & object {
  return typeof value === 'object' && value !== null;
}
