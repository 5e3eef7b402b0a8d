import type { AnalyticsSink, Clock } from '@kb-labs/contracts';
import { createRedactor } from '@kb-labs/redaction';
import type { Redactor, RedactOptions } from '@kb-labs/redaction';
import type { GuestLimits } from './guest-quota.js';
import { configError, parseChoice, parseLimit, parseRecord } from './option-checks.js';
import type { OverflowPolicy, QueueLimits } from './record-queue.js';

/** What guests wrote, which is left out unless it is asked for by name. Redacted and bounded all the same. */
export type PayloadKind = 'answers' | 'arguments' | 'errors' | 'input' | 'logs' | 'output' | 'progress' | 'targets';
const PAYLOADS: readonly PayloadKind[] = [
  'answers',
  'arguments',
  'errors',
  'input',
  'logs',
  'output',
  'progress',
  'targets',
];

/** What waits for one sink. Each sink has a queue of its own. */
export interface QueueOptions {
  /** Records. Default 10 000. */
  readonly maxRecords?: number;
  /** Characters of all their attributes. Default 16 777 216. */
  readonly maxLength?: number;
  /** Which one is lost, and counted, where there is no room. Default `drop-oldest`. */
  readonly overflow?: OverflowPolicy;
}

/** When records go to the sinks. */
export interface BatchOptions {
  /** Records in one write, and as many as start one at once. Default 256. */
  readonly maxRecords?: number;
  /** How long a record waits for others, in milliseconds. Default 1 000. */
  readonly intervalMs?: number;
  /** After how many milliseconds a write is told to give up. Default 10 000. */
  readonly writeTimeoutMs?: number;
}

/** All but `sinks` has a default. An unknown or impossible option is `ERR_CONFIG_INVALID`. */
export interface AnalyticsOptions {
  /** Each with a name of its own. The analytics own them from here, and dispose of them. */
  readonly sinks: readonly AnalyticsSink[];
  readonly clock?: Clock;
  readonly queue?: QueueOptions;
  readonly batch?: BatchOptions;
  readonly redaction?: RedactOptions;
  readonly guests?: Partial<GuestLimits>;
  readonly payloads?: readonly PayloadKind[];
  /** The deadline of a flush that names none, and of disposal, in milliseconds. Default 5 000. */
  readonly flushTimeoutMs?: number;
}

/** Every option, checked. */
export interface ParsedAnalyticsOptions {
  readonly sinks: readonly AnalyticsSink[];
  readonly now: () => number;
  readonly queue: QueueLimits;
  readonly batch: Required<BatchOptions>;
  readonly redactor: Redactor;
  readonly guestRedactor: Redactor;
  readonly guests: GuestLimits;
  readonly payloads: ReadonlySet<PayloadKind>;
  readonly flushTimeoutMs: number;
}

const NAMES: readonly string[] = [
  'sinks',
  'clock',
  'queue',
  'batch',
  'redaction',
  'guests',
  'payloads',
  'flushTimeoutMs',
];

/** The longest that a timer of Node can wait. */
export const MAX_MS: number = 2_147_483_647;

/** Throws `ERR_CONFIG_INVALID` with a pointer. */
export function parseAnalyticsOptions(options: AnalyticsOptions): ParsedAnalyticsOptions {
  parseRecord(options, '', NAMES);
  const { flushTimeoutMs, redaction = {} } = options;
  const redactor = createRedactor(redaction, '/redaction');
  const guests = parseGuests(options.guests ?? {});
  const maxLength = Math.min(guests.maxLength, redaction.limits?.maxLength ?? guests.maxLength);
  return {
    sinks: parseSinks(options.sinks),
    now: parseClock(options.clock),
    queue: parseQueue(options.queue ?? {}),
    batch: parseBatch(options.batch ?? {}),
    redactor,
    guestRedactor: createRedactor({ ...redaction, limits: { ...redaction.limits, maxLength } }),
    guests,
    payloads: parsePayloads(options.payloads ?? []),
    flushTimeoutMs: parseLimit(flushTimeoutMs, { pointer: '/flushTimeoutMs', fallback: 5000, max: MAX_MS }),
  };
}

function parseSinks(sinks: unknown): readonly AnalyticsSink[] {
  if (!Array.isArray(sinks)) throw configError('/sinks', 'must be a list', 'give a list of sinks; it may be empty');
  const names = new Set<string>();
  return sinks.map((sink: unknown, index) => {
    if (!isSink(sink)) {
      throw configError(`/sinks/${index}`, 'is not a sink', 'a sink has a name, write() and [Symbol.asyncDispose]()');
    }
    if (names.has(sink.name)) throw configError(`/sinks/${index}`, 'has the name of another', 'name each sink apart');
    names.add(sink.name);
    return sink;
  });
}

function isSink(value: unknown): value is AnalyticsSink {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'write' in value &&
    typeof value.write === 'function' &&
    Symbol.asyncDispose in value
  );
}

function parseClock(clock: unknown): () => number {
  if (clock === undefined) return Date.now;
  if (typeof clock === 'object' && clock !== null && 'now' in clock && typeof clock.now === 'function') {
    const { now } = clock;
    return () => Number(now.call(clock));
  }
  throw configError('/clock', 'is not a clock', 'give an object with now() and monotonic()');
}

function parseQueue(options: QueueOptions): QueueLimits {
  parseRecord(options, '/queue', ['maxRecords', 'maxLength', 'overflow']);
  const { maxRecords, maxLength, overflow } = options;
  return {
    maxRecords: parseLimit(maxRecords, { pointer: '/queue/maxRecords', fallback: 10_000, max: 1_000_000 }),
    maxLength: parseLimit(maxLength, { pointer: '/queue/maxLength', fallback: 16_777_216, max: 1_073_741_824 }),
    overflow: parseChoice(overflow, '/queue/overflow', ['drop-oldest', 'drop-newest']),
  };
}

function parseBatch(options: BatchOptions): Required<BatchOptions> {
  parseRecord(options, '/batch', ['maxRecords', 'intervalMs', 'writeTimeoutMs']);
  const { maxRecords, intervalMs, writeTimeoutMs } = options;
  return {
    maxRecords: parseLimit(maxRecords, { pointer: '/batch/maxRecords', fallback: 256, max: 10_000 }),
    intervalMs: parseLimit(intervalMs, { pointer: '/batch/intervalMs', fallback: 1000, max: MAX_MS }),
    writeTimeoutMs: parseLimit(writeTimeoutMs, { pointer: '/batch/writeTimeoutMs', fallback: 10_000, max: MAX_MS }),
  };
}

function parseGuests(options: Partial<GuestLimits>): GuestLimits {
  parseRecord(options, '/guests', ['maxRecords', 'maxNames', 'maxKeys', 'maxLength']);
  const { maxRecords, maxNames, maxKeys, maxLength } = options;
  return {
    maxRecords: parseLimit(maxRecords, { pointer: '/guests/maxRecords', fallback: 100, min: 0, max: 1_000_000 }),
    maxNames: parseLimit(maxNames, { pointer: '/guests/maxNames', fallback: 64, max: 1000 }),
    maxKeys: parseLimit(maxKeys, { pointer: '/guests/maxKeys', fallback: 128, max: 10_000 }),
    maxLength: parseLimit(maxLength, { pointer: '/guests/maxLength', fallback: 4096, max: 1_048_576 }),
  };
}

function parsePayloads(payloads: unknown): ReadonlySet<PayloadKind> {
  if (!Array.isArray(payloads)) throw configError('/payloads', 'must be a list', `give any of: ${PAYLOADS.join(', ')}`);
  return new Set(
    payloads.map((item: unknown, index) => {
      const kind = PAYLOADS.find((candidate) => candidate === item);
      if (kind !== undefined) return kind;
      throw configError(`/payloads/${index}`, 'is no kind of payload', `give any of: ${PAYLOADS.join(', ')}`);
    }),
  );
}
