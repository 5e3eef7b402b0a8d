import type { Clock, EventBus, EventEnvelope, EventPort, EventReport, EventRules } from '@kb-labs/contracts';
import { expect } from 'vitest';
import { createEventBus } from '../src/index.js';
import type { EventBusConfig } from '../src/index.js';

export const EVERYTHING: EventRules = { produce: ['**'], consume: ['**'], scopes: ['execution', 'plugin', 'host'] };

/** A clock that stands until it is moved. */
export class HeldClock implements Clock {
  #time = 0;

  move(ms: number): void {
    this.#time += ms;
  }

  now(): number {
    return 1_700_000_000_000 + this.#time;
  }

  monotonic(): number {
    return this.#time;
  }
}

export interface TestBus extends AsyncDisposable {
  readonly bus: EventBus;
  readonly reports: readonly EventReport[];
  /** Opens a port that may do everything, save for what is said otherwise. */
  readonly open: (options?: Partial<Parameters<EventBus['openPort']>[0]>) => EventPort;
}

export function openBus(config: EventBusConfig = {}): TestBus {
  const reports: EventReport[] = [];
  const bus = createEventBus({ drainMs: 100, report: (report) => void reports.push(report), ...config });
  return {
    bus,
    reports,
    open: (options) =>
      bus.openPort({ pluginId: 'alpha', executionId: 'e1', traceId: 't1', rules: [EVERYTHING], ...options }),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}

/** Collects events, and resolves `all` when so many have come. */
export function collect(count: number): {
  readonly events: EventEnvelope[];
  readonly all: Promise<void>;
  readonly listener: (event: EventEnvelope) => void;
} {
  const events: EventEnvelope[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = (event: EventEnvelope): void => {
    events.push(event);
    if (events.length === count) resolve();
  };
  return { events, all: promise, listener };
}

/** The event loop's next turn: all microtasks have run then. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export const payloads = (events: readonly EventEnvelope[]): unknown[] => events.map(({ payload }) => payload);

/** An error with this code, and these details among others. */
export function withCode(code: string, details: object = {}): Error {
  return expect.objectContaining({ code, details: expect.objectContaining(details) });
}
