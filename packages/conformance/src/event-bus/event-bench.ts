import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type {
  EventBus,
  EventEnvelope,
  EventPort,
  EventPortOptions,
  EventReport,
  EventRules,
  EventSender,
} from '@kb-labs/contracts';
import { assertMade } from '../bench/assert-made.js';

/** How a bus that the kit tests must be set up. Each is a duty: what it says holds for the bus. */
export interface EventBusSetup {
  /** Is told what went wrong, at once. */
  readonly report: (report: EventReport) => void;
  /** Bytes of JSON. */
  readonly maxPayloadBytes: number;
  /** Events that each plugin may publish, over all its ports: so many a minute, and so many at once. */
  readonly ratePerMinute: number;
  readonly rateBurst: number;
  /** Subscriptions, streams and waits that each plugin may hold at once. */
  readonly maxSubscriptions: number;
  /** Events that may wait for one subscriber. */
  readonly queueLimit: number;
  /** Bytes that may wait for one subscriber, and for all of one plugin together. A bus counts at least the JSON of each payload. */
  readonly queueBytes: number;
  readonly maxWaitingBytes: number;
  readonly listenerTimeoutMs: number;
  /** How long disposing may deliver what waits. */
  readonly drainMs: number;
  /** By topic or pattern. */
  readonly schemas: Readonly<Record<string, StandardSchemaV1>>;
}

/** Two buses that a transport joins. The kit publishes on one and listens on the other. Disposing it disposes both, and the transport. */
export interface JoinedEventBuses extends AsyncDisposable {
  readonly near: EventBus;
  readonly far: EventBus;
}

/** Makes a bus, or two that are joined; again for each test. */
export type CreateEventBus = (
  setup: EventBusSetup,
) => EventBus | JoinedEventBuses | Promise<EventBus | JoinedEventBuses>;

/** What the checks need. */
export interface EventBench {
  readonly create: CreateEventBus;
  /** Multiplies every time limit, for slow machines. */
  readonly timeScale: number;
}

/** Buses of one check. `far` is `near` where there is one bus alone. */
export interface OpenBuses extends JoinedEventBuses {
  readonly reports: readonly EventReport[];
}

const METHODS = ['openPort', 'openHostPort', Symbol.asyncDispose];

/** Rules that allow all that can be allowed. */
export const EVERYTHING: EventRules = { produce: ['**'], consume: ['**'], scopes: ['execution', 'plugin', 'host'] };
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

/** Who the ports of the checks belong to, where nothing else is said. */
export const ALPHA: EventSender & { readonly kind: 'plugin' } = Object.freeze({
  kind: 'plugin',
  pluginId: 'kit-alpha',
  executionId: 'run-1',
  traceId: TRACE_ID,
});

/** The setup of a check, with what it changes. */
export function setupOf(
  { timeScale }: EventBench,
  report: EventBusSetup['report'],
  changes: Partial<EventBusSetup> = {},
): EventBusSetup {
  return {
    report,
    maxPayloadBytes: 4096,
    ratePerMinute: 60_000,
    rateBurst: 10_000,
    maxSubscriptions: 64,
    queueLimit: 64,
    queueBytes: 1_048_576,
    maxWaitingBytes: 4_194_304,
    listenerTimeoutMs: 10_000 * timeScale,
    drainMs: 5000 * timeScale,
    schemas: {},
    ...changes,
  };
}

/** Makes the buses of a check. */
export async function openBuses(bench: EventBench, changes: Partial<EventBusSetup> = {}): Promise<OpenBuses> {
  const reports: EventReport[] = [];
  const made = await bench.create(setupOf(bench, (report) => void reports.push(report), changes));
  if ('near' in made) {
    const { near, far } = made;
    return { near, far, reports, [Symbol.asyncDispose]: () => made[Symbol.asyncDispose]() };
  }
  return { near: made, far: made, reports, [Symbol.asyncDispose]: () => made[Symbol.asyncDispose]() };
}

/** Opens a port of `ALPHA` that may do everything, save for what is said otherwise. */
export function openPort(bus: EventBus, changes: Partial<EventPortOptions> = {}): EventPort {
  const { pluginId, executionId, traceId } = ALPHA;
  return bus.openPort({ pluginId, executionId, traceId, rules: [EVERYTHING], ...changes });
}

/** Collects what a listener gets. `reached` waits until it has got so many. */
export function collector(bench: EventBench): {
  readonly events: EventEnvelope[];
  readonly payloads: () => unknown[];
  readonly listener: (event: EventEnvelope) => void;
  readonly reached: (count: number) => Promise<void>;
} {
  const events: EventEnvelope[] = [];
  return {
    events,
    payloads: () => events.map(({ payload }) => payload),
    listener: (event) => void events.push(event),
    reached: (count) => until(bench, `${count} events have come`, () => events.length >= count),
  };
}

/** Waits until it is so, a turn of the event loop at a time; rejects after 10 seconds. */
export async function until({ timeScale }: EventBench, what: string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + 10_000 * timeScale;
  while (!isSo()) {
    if (performance.now() > end) assert.fail(`it never came to pass that ${what}`);
    await nextTurn();
  }
}

/** Waits for a promise, for 10 seconds at most. */
export async function inTime<Value>({ timeScale }: EventBench, what: string, promise: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new assert.AssertionError({ message: `it never came to pass that ${what}` }));
  }, 10_000 * timeScale);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Throws where a factory made neither a bus nor two that are joined, and says what it is to make. */
export function assertEventBuses(made: unknown): void {
  const usage = 'create: (setup) => bus';
  const joined = typeof made === 'object' && made !== null && 'near' in made ? made : undefined;
  if (joined === undefined) return assertMade(made, { usage, thing: 'an event bus', methods: METHODS });
  for (const end of ['near', 'far']) {
    assertMade(Reflect.get(joined, end), { usage, thing: `an event bus as ${end}`, methods: METHODS });
  }
  assertMade(joined, { usage, thing: 'two joined buses', methods: [Symbol.asyncDispose] });
}
