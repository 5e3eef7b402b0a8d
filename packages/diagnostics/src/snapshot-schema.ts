import { createError, isErrorCode } from '@kb-labs/contracts';
import type { ErrorCode, JsonValue } from '@kb-labs/contracts';
import { z } from 'zod';
import { isSnapshotId } from './snapshot-id.js';
import { SNAPSHOT_FORMAT } from './snapshot.js';
import type { Snapshot, SnapshotFacts } from './snapshot.js';

/** Everything that `JSON.parse` gives back. */
const json = z.custom<JsonValue>((value) => value !== undefined);
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

/** A recorder nests values 80 deep, each in no more than four levels of JSON. */
const MAX_DEPTH = 400;

const AUTHORITY = z.strictObject({
  plugin: z.strictObject({ id: name, version: name }),
  handler: text,
  inputSchema: maybeText,
  outputSchema: maybeText,
  outputParts: z.array(z.strictObject({ pointer: text, schema: text })),
  manifestDigest: maybeText,
  policyDigest: text,
  permissions: z.array(facts),
  quotas: z.record(text, z.number()),
  functions: z.array(name),
  env: z.array(text),
  dryRun: z.boolean(),
});

const OUTCOME = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), value: json }),
  z.strictObject({ ok: z.literal(false), code, message: text, hint: maybeText, details: json }),
]);

const CALL = z.strictObject({
  call: count,
  name: text,
  args: z.array(json),
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
  calls: z
    .array(CALL)
    .refine((calls) => new Set(calls.map(({ call }) => call)).size === calls.length, 'has a call twice'),
  stages: z.array(facts),
  denials: z.array(facts),
  operations: z.array(facts),
  artifacts: z.array(facts),
  logs: z.array(facts),
  progress: z.array(facts),
  result: RESULT,
  metrics: facts,
  masked: count,
  cut: count,
  maxBodyBytes: count,
  bodies: z.record(hash, count).refine((bodies) => Object.keys(bodies).length <= MAX_BODIES, 'names too many bodies'),
});

/** Reads the text of a snapshot. Throws `ERR_CONFIG_INVALID` with the place for all that this version does not write. */
export function parseSnapshot(content: string): Snapshot {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw malformed('it is no JSON', '', error);
  }
  if (isTooDeep(content)) throw malformed('it is nested too deeply', '', undefined);
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

/** More would overflow the stack of whoever writes the value again: to compare it, or to show it. */
function isTooDeep(content: string): boolean {
  let depth = 0;
  for (let at = 0; at < content.length; at++) {
    const character = content[at];
    if (character === '"') at = endOfText(content, at);
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** Where the quote stands that ends the text that begins here. */
function endOfText(content: string, start: number): number {
  for (let at = start + 1; at < content.length; at++) {
    if (content[at] === '"') return at;
    if (content[at] === '\\') at += 1;
  }
  return content.length;
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
