import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Clock, EventReport, EventTransport } from '@kb-labs/contracts';
import { configInvalid } from './event-errors.js';
import { compileSchemas } from './payload-schemas.js';
import type { PayloadSchemas } from './payload-schemas.js';

/** How a bus works. What is left out has the default that `README.md` lists; what does not fit is `ERR_CONFIG_INVALID`. */
export interface EventBusConfig {
  /** Joins this bus to others. The bus does not dispose it. Default: none, so that nobody else hears it. */
  readonly transport?: EventTransport;
  readonly clock?: Clock;
  /** Is told what went wrong, at once. One that throws is not heard. */
  readonly report?: (report: EventReport) => void;
  /** Standard Schemas by topic or pattern. What is published must pass all that match, in order; they must answer at once. */
  readonly schemas?: Readonly<Record<string, StandardSchemaV1>>;
  /** Bytes of JSON. Default 65 536. */
  readonly maxPayloadBytes?: number;
  /** Events that each plugin may publish. Default 6 000 a minute, and 1 000 at once. */
  readonly ratePerMinute?: number;
  readonly rateBurst?: number;
  /** Subscriptions, streams and waits that each plugin may hold at once. Default 256. */
  readonly maxSubscriptions?: number;
  /** Events that may wait for one subscriber. Default 1 024. */
  readonly queueLimit?: number;
  /** About what those may take in memory, see `README.md`. A larger event finds room in an empty queue. Default 1 048 576. */
  readonly queueBytes?: number;
  /** The same for all subscribers of one plugin together, or of one port of the host. Default 8 388 608. */
  readonly maxWaitingBytes?: number;
  /** Default 30 000. */
  readonly listenerTimeoutMs?: number;
  /** How long disposing may deliver what waits. Default 5 000. */
  readonly drainMs?: number;
  /** How long, and how many of each plugin, idempotency keys are kept. Default 300 000 and 1 000. */
  readonly idempotencyTtlMs?: number;
  readonly maxIdempotencyKeys?: number;
}

type Numbers = Required<Pick<EventBusConfig, NumberName>>;
type NumberName = keyof typeof NUMBERS;

/** Default, least, most. Times end where timers do. */
const NUMBERS = {
  maxPayloadBytes: [65_536, 1, 16_777_216],
  ratePerMinute: [6_000, 1, 1_000_000_000],
  rateBurst: [1_000, 1, 1_000_000_000],
  maxSubscriptions: [256, 1, 100_000],
  queueLimit: [1_024, 1, 100_000],
  queueBytes: [1_048_576, 1, 1_073_741_824],
  maxWaitingBytes: [8_388_608, 1, 1_073_741_824],
  listenerTimeoutMs: [30_000, 1, 2_147_483_647],
  drainMs: [5_000, 0, 2_147_483_647],
  idempotencyTtlMs: [300_000, 1, 2_147_483_647],
  maxIdempotencyKeys: [1_000, 1, 100_000],
} as const;
const OPTIONS: readonly string[] = ['transport', 'clock', 'report', 'schemas', ...Object.keys(NUMBERS)];

/** A checked configuration with nothing left open. */
export interface BusSettings extends Numbers {
  readonly transport: EventTransport | undefined;
  readonly clock: Clock;
  /** Whether that is the process's, and nobody's own. */
  readonly isSystemClock: boolean;
  /** Never throws. */
  readonly report: (report: EventReport) => void;
  readonly schemas: PayloadSchemas;
}

/** Checks a configuration; throws `ERR_CONFIG_INVALID` with a pointer. */
export function parseConfig(config: EventBusConfig): BusSettings {
  if (typeof config !== 'object' || config === null) throw configInvalid('', 'must be an object');
  const unknown = Object.keys(config).find((key) => !OPTIONS.includes(key));
  if (unknown !== undefined) {
    const hint = `the options are ${OPTIONS.join(', ')}`;
    throw configInvalid(`/${unknown.slice(0, 64)}`, 'is no option of an event bus', hint);
  }
  const { transport, clock, report, schemas } = config;
  if (report !== undefined && typeof report !== 'function') throw configInvalid('/report', 'must be a function');
  return Object.freeze({
    transport: assertMethods(transport, '/transport', ['send', 'listen']),
    clock: assertMethods(clock, '/clock', ['now', 'monotonic']) ?? systemClock(),
    isSystemClock: clock === undefined,
    report: safeReport(report),
    schemas: compileSchemas(schemas ?? {}),
    maxPayloadBytes: numberOf(config, 'maxPayloadBytes'),
    ratePerMinute: numberOf(config, 'ratePerMinute'),
    rateBurst: numberOf(config, 'rateBurst'),
    maxSubscriptions: numberOf(config, 'maxSubscriptions'),
    queueLimit: numberOf(config, 'queueLimit'),
    queueBytes: numberOf(config, 'queueBytes'),
    maxWaitingBytes: numberOf(config, 'maxWaitingBytes'),
    listenerTimeoutMs: numberOf(config, 'listenerTimeoutMs'),
    drainMs: numberOf(config, 'drainMs'),
    idempotencyTtlMs: numberOf(config, 'idempotencyTtlMs'),
    maxIdempotencyKeys: numberOf(config, 'maxIdempotencyKeys'),
  });
}

function numberOf(config: EventBusConfig, name: NumberName): number {
  const [byDefault, least, most] = NUMBERS[name];
  const value = config[name] ?? byDefault;
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw configInvalid(`/${name}`, `must be a whole number from ${least} to ${most}`);
  }
  return value;
}

function assertMethods<Value extends object>(
  value: Value | undefined,
  pointer: string,
  names: readonly (keyof Value & string)[],
): Value | undefined {
  if (value === undefined) return undefined;
  const isObject = typeof value === 'object' && value !== null;
  const missing = names.find((name) => !isObject || typeof value[name] !== 'function');
  if (missing !== undefined) throw configInvalid(pointer, `has no method "${missing}"`);
  return value;
}

function safeReport(report: EventBusConfig['report']): (report: EventReport) => void {
  return (event) => {
    try {
      report?.(event);
    } catch {
      // There is nobody left to tell, and the bus must go on.
    }
  };
}

function systemClock(): Clock {
  return { now: () => Date.now(), monotonic: () => performance.now() };
}
