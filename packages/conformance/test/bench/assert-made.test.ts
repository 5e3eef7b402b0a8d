import { describe, expect, it } from 'vitest';
import { assertArtifactBench, HeldClock } from '../../src/artifact-duties/artifact-bench.js';
import { assertMade } from '../../src/bench/assert-made.js';
import { assertEventBuses } from '../../src/event-bus/event-bench.js';
import { LyingStore } from '../lying-store.js';

const store = new LyingStore(new HeldClock(), []);
const bus = { openPort: () => undefined, openHostPort: () => undefined, [Symbol.asyncDispose]: () => undefined };

describe('what a factory of artifact stores made', () => {
  it.each<[string, unknown, string]>([
    ['the store itself', store, 'an object that holds the store, and it gave the store itself; write ({ store })'],
    ['nothing', undefined, 'what it gave is undefined'],
    ['an empty bench', {}, 'what it gave is undefined'],
    ['half a store', { store: { put: () => undefined } }, 'what it gave has no get, stat, list, delete'],
  ])('is refused where it is %s', (_, made, message) => {
    expect(() => assertArtifactBench(made)).toThrow(message);
  });

  it('is fine where it holds a store', () => {
    expect(assertArtifactBench({ store })).toBeUndefined();
  });
});

describe('what a factory of event buses made', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'owes an event bus, and what it gave is undefined'],
    ['no bus', {}, `what it gave has no openPort, openHostPort, ${String(Symbol.asyncDispose)}`],
    ['half of two', { near: bus }, 'owes an event bus as far, and what it gave is undefined'],
    ['two that nobody ends', { near: bus, far: bus }, 'owes two joined buses'],
  ])('is refused where it is %s', (_, made, message) => {
    expect(() => assertEventBuses(made)).toThrow(message);
  });

  it('is fine where it is a bus, or two that are joined', () => {
    const two = { near: bus, far: bus, [Symbol.asyncDispose]: () => undefined };
    expect([bus, two].map(assertEventBuses)).toEqual([undefined, undefined]);
  });
});

it('what a factory made is not called', () => {
  const hostile = { confines: () => expect.unreachable() };
  expect(() => assertMade(hostile, { usage: 'create', thing: 'it', methods: ['confines', 'acquire'] })).toThrow(
    'create owes it, and what it gave has no acquire',
  );
});
