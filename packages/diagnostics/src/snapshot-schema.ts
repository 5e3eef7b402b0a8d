import { createError, isErrorCode, parseJson } from '@kb-labs/contracts';
import type { ErrorCode, JsonValue } from '@kb-labs/contracts';
import { z } from 'zod';
import { hasTooManyDigits } from './snapshot-digits.js';
import { isSnapshotId } from './snapshot-id.js';
import { findExcess } from './snapshot-text.js';
import { SNAPSHOT_FORMAT } from './snapshot.js';
import type { Snapshot, SnapshotFacts } from './snapshot.js';

/** Everything that `JSON.parse` gives back, but for what takes long to turn into a value. */
const json = z
  .custom<JsonValue>((value) => value !== undefined)
  .refine((value) => !hasTooManyDigits(value), {
    error: 'has too many digits of bigint',
  });
const facts = z.custom<SnapshotFacts>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const text = z.string();
const name = text.max(1024);
const count = z.int().min(0);
const time = z.number().min(0);
const code = z.custom<ErrorCode>(isErrorCode, 'is no error code');
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const maybeText = absent(text);

/** More bodies of 4 KiB than a snapshot can have. */
const MAX_BODIES = 20_000;
/** More of each than any host, manifest or run has: what is done for each of them takes time before anything runs. */
const MAX_NAMES = 4096;
const MAX_QUOTAS = 256;
const MAX_STAGES = 256;
/** More calls, logs or other records than have room in the largest snapshot. */
const MAX_RECORDS = 500_000;
const reference = text.max(8192);

const AUTHORITY = z.strictObject({
  plugin: z.strictObject({ id: name, version: name }),
  handler: reference,
  inputSchema: absent(reference),
  outputSchema: absent(reference),
  outputParts: listOf(z.strictObject({ pointer: reference, schema: reference }), MAX_NAMES),
  manifestDigest: maybeText,
  policyDigest: text,
  permissions: listOf(facts, MAX_NAMES),
  quotas: recordOf(name, z.number(), MAX_QUOTAS),
  functions: listOf(name, MAX_NAMES),
  env: listOf(text, MAX_NAMES),
  dryRun: z.boolean(),
});

const OUTCOME = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), value: json }),
  z.strictObject({ ok: z.literal(false), code, message: text, hint: maybeText, details: json }),
]);

const CALL = z.strictObject({
  call: count,
  name: text,
  args: listOf(json, MAX_NAMES),
  spanId: text,
  startTime: time,
  ms: z.number(),
  outcome: OUTCOME,
});

const RESULT = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), data: json }),
  z.strictObject({ ok: z.literal(false), code, message: text, stage: maybeText, error: facts }),
]);

const SNAPSHOT = z.strictObject({
  format: z.literal(SNAPSHOT_FORMAT),
  id: z.string().refine(isSnapshotId, 'is no id'),
  startTime: time,
  endTime: time,
  stamp: z.strictObject({ executionId: name, traceId: name, spanId: name, parentSpanId: absent(name), pluginId: name }),
  request: z.strictObject({ handler: text, input: json }),
  handled: z.strictObject({ input: json.optional(), output: json.optional() }),
  authority: absent(AUTHORITY),
  confinement: absent(facts),
  calls: listOf(CALL, MAX_RECORDS).refine(
    (calls) => new Set(calls.map(({ call }) => call)).size === calls.length,
    'has a call twice',
  ),
  stages: listOf(facts, MAX_STAGES),
  denials: listOf(facts, MAX_RECORDS),
  operations: listOf(facts, MAX_RECORDS),
  artifacts: listOf(facts, MAX_RECORDS),
  logs: listOf(facts, MAX_RECORDS),
  progress: listOf(facts, MAX_RECORDS),
  result: RESULT,
  metrics: facts,
  masked: count,
  cut: count,
  maxBodyBytes: count,
  bodies: recordOf(hash, count, MAX_BODIES),
});

/** Reads the text of a snapshot. Throws `ERR_CONFIG_INVALID` with the place for all that this version does not write. */
export function parseSnapshot(content: string): Snapshot {
  const excess = findExcess(content);
  if (excess !== undefined) throw malformed(excess, '', undefined);
  let value: unknown;
  try {
    value = parseJson(content);
  } catch (error) {
    throw malformed('it is no JSON', '', error);
  }
  const parsed = SNAPSHOT.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const pointer = (issue?.path ?? []).map((part) => `/${String(part).slice(0, 64)}`).join('');
  throw malformed(issue?.message.slice(0, 256) ?? 'malformed', pointer, undefined);
}

/** The same for one that somebody made or changed in memory. */
export function checkSnapshot(snapshot: Snapshot): Snapshot {
  let content: string;
  try {
    content = JSON.stringify(snapshot);
  } catch (error) {
    throw malformed('it is no JSON', '', error);
  }
  return parseSnapshot(content);
}

/** Refuses one that is too long before it looks at what is in it. */
function listOf<Schema extends z.ZodType>(item: Schema, most: number): z.ZodType<z.output<Schema>[]> {
  return z
    .unknown()
    .refine((value) => !Array.isArray(value) || value.length <= most, 'has too many items')
    .pipe(z.array(item));
}

function recordOf<Schema extends z.ZodType>(
  key: z.ZodString,
  value: Schema,
  most: number,
): z.ZodType<Record<string, z.output<Schema>>> {
  return z
    .unknown()
    .refine((given) => Object.keys(Object(given)).length <= most, 'has too many members')
    .pipe(z.record(key, value));
}

/** JSON has no `undefined`: a member is left out, or `null`. */
function absent<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema> | undefined> {
  return schema.nullish().transform((value): z.output<Schema> | undefined => value ?? undefined);
}

function malformed(problem: string, pointer: string, cause: unknown): Error {
  return createError('ERR_CONFIG_INVALID', `No snapshot of the format ${SNAPSHOT_FORMAT}: ${pointer} ${problem}`, {
    details: { pointer },
    hint: 'Read it with the version that wrote it.',
    cause,
  });
}
