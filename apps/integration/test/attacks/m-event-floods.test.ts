import { createEventBus } from '@kb-labs/plugin-runtime';
import type { EventBus, EventReport, PluginContextOptions } from '@kb-labs/plugin-runtime';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { dataOf, openArena } from './arena.js';

const events = { produce: ['m.*'], consume: ['m.*'], scopes: ['execution', 'plugin'] } as const;

function grantOf(id = 'attack-m', quotas: Record<string, number> = {}): Partial<PluginContextOptions> {
  return { plugin: { id, version: '1.0.0' }, capabilities: ['events.*'], permissions: { events, quotas } };
}

/** Listens as the host to one plugin, and never gets on with it. */
function listenSlowly(bus: EventBus, pluginId: string): { readonly counted: () => object } & AsyncDisposable {
  const host = bus.openHostPort({ pluginId });
  let heard = 0;
  const stuck = (): Promise<never> => {
    heard += 1;
    return new Promise(() => undefined);
  };
  const subscription = host.subscribe('m.flood', stuck, { scope: 'plugin', queueLimit: 10, overflow: 'drop-newest' });
  return {
    counted: () => ({ heard, waiting: subscription.waiting, dropped: subscription.dropped }),
    async [Symbol.asyncDispose]() {
      subscription[Symbol.dispose]();
      await host[Symbol.asyncDispose]();
    },
  };
}

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`events in numbers${place.notRun}`, () => {
    const reports: EventReport[] = [];
    const bus = createEventBus({ report: (report) => void reports.push(report), ratePerMinute: 1, rateBurst: 500 });
    const arena = openArena(place, 'm', { events: bus });
    afterAll(() => bus[Symbol.asyncDispose]());

    it('M04 takes so many events and no more, counts what it drops, and keeps no other plugin waiting', async () => {
      await using slow = listenSlowly(bus, 'flooder');
      const count = 1_000;
      const [flood, chat] = await Promise.all([
        arena.run('floods', { count }, grantOf('flooder')),
        arena.run('chats', { rounds: 40 }, grantOf('patient')),
      ]);
      expect(dataOf(flood)).toEqual({ ok: 500, ERR_QUOTA_EXCEEDED: count - 500 });
      expect(flood.result.metrics.events).toMatchObject({ used: 500 });
      expect(slow.counted()).toEqual({ heard: 1, waiting: 10, dropped: 500 - 11 });
      const times = Array.from(Object(dataOf(chat)));
      expect(times).toHaveLength(40);
      // The row gives no number: all were heard, none was refused, and not one waited for the flood to end.
      expect(times.at(-1)).toBeLessThan(5_000);
    });

    it('M04 holds a run to its own quota of events', async () => {
      const codes = dataOf(await arena.run('floods', { count: 300 }, grantOf('small', { maxEvents: 100 })));
      expect(codes).toEqual({ ok: 100, ERR_QUOTA_EXCEEDED: 200 });
    });

    it('M05 keeps a listener that throws, rejects or never settles to itself', async () => {
      const bout = await arena.run('listensBadly', {}, grantOf('bad-listener'));
      expect(dataOf(bout)).toEqual([0, 1, 2, 3, 4]);
      const warned = bout.result.logs.filter(({ text }) => text === 'a listener failed');
      expect(warned.length).toBeGreaterThanOrEqual(12);
    });

    it('M07 hands each event to whoever listened when it came, and ends a subscription once', async () => {
      expect(dataOf(await arena.run('comesAndGoes', {}, grantOf('restless')))).toEqual({
        // Whether the second still hears what ended it is a matter of who is called first; after that it hears nothing.
        seen: {
          first: [0, 1, 2, 3],
          second: expect.toSatisfy((seen: number[]) => [1, 2].includes(seen.length)),
          late: [2, 3],
        },
        again: ['ok', 'ok'],
      });
    });

    it('M08 lets one plugin listen so often and no more, and lets go of all of it with the run', async () => {
      const end = { count: 256, code: 'ERR_QUOTA_EXCEEDED' };
      for (const _ of [1, 2]) {
        expect(dataOf(await arena.run('listensTooMuch', { most: 100_000 }, grantOf('listener')))).toEqual(end);
      }
    });

    it.each([['drop-oldest'], ['drop-newest']] as const)(
      'M13 holds what a slow guest has not read, and drops by its policy: %s',
      async (overflow) => {
        const { seen, published } = await outpace(arena, bus, overflow);
        // Its queue, and the messages that were on their way to it.
        expect(seen.length).toBeLessThan(400);
        expect(seen[0]).toBe(0);
        const steps = seen.filter((step): step is number => typeof step === 'number');
        expect(steps).toEqual(steps.toSorted((a, b) => a - b));
        // The oldest give way to what comes, or the newest never get in.
        expect(Number(steps.at(-1)) > published / 2).toBe(overflow === 'drop-oldest');
      },
    );

    it('M13 refuses the publisher where a listener of its own wants that', async () => {
      const codes = Object(dataOf(await arena.run('overflows', {}, grantOf('self-made'))));
      expect(Object.keys(codes).toSorted()).toEqual(['ERR_EVENT_OVERFLOW', 'ok']);
      expect(codes.ok).toBeLessThan(400);
      expect(codes.ok + codes.ERR_EVENT_OVERFLOW).toBe(450);
    });
  });
});

/** Publishes far more than a guest reads that is stuck with the first, and then lets it go on. */
async function outpace(
  arena: ReturnType<typeof openArena>,
  bus: EventBus,
  overflow: 'drop-oldest' | 'drop-newest',
): Promise<{ readonly seen: readonly unknown[]; readonly published: number }> {
  const pluginId = `slow-${overflow}`;
  const published = 800;
  await using host = bus.openHostPort({ pluginId });
  const { events: told } = arena.scene();
  const running = arena.run('listensSlowly', { overflow }, grantOf(pluginId));
  const isListening = (): boolean => told.some((event) => event.pluginId === pluginId && event.type === 'progress');
  await vi.waitFor(() => expect(isListening()).toBe(true), { timeout: 15_000, interval: 5 });
  for (let step = 0; step < published; step += 1) await host.publish('m.step', step, { scope: 'plugin' });
  await host.publish('m.done', null, { scope: 'plugin' });
  // The end may be dropped as any other event, so it is told again, rarely: each takes the place of a step.
  const tell = (): Promise<unknown> => host.publish('m.step', 'end', { scope: 'plugin' });
  await tell();
  const again = setInterval(() => void tell(), 500);
  try {
    return { seen: Array.from(Object(dataOf(await running))), published };
  } finally {
    clearInterval(again);
  }
}

describe('pure rules', () => {
  const rules = [{ produce: ['m.*'], consume: ['m.*'], scopes: ['execution' as const] }];
  const identity = { pluginId: 'attack-m', executionId: 'run-1', traceId: 'trace-1', rules };

  it('M04 a flood of fifty thousand is refused at what it is worth, and each refusal is reported', async () => {
    // A million takes twenty times as long and says the same.
    let refused = 0;
    await using bus = createEventBus({
      ratePerMinute: 1,
      rateBurst: 100,
      report: ({ kind }) => void (refused += kind === 'refused' ? 1 : 0),
    });
    const port = bus.openPort(identity);
    let accepted = 0;
    for (let sent = 0; sent < 50; sent += 1) {
      const outcomes = await Promise.allSettled(Array.from({ length: 1_000 }, () => port.publish('m.flood', sent)));
      accepted += outcomes.filter(({ status }) => status === 'fulfilled').length;
    }
    expect([accepted, refused]).toEqual([100, 49_900]);
  });

  it('M05 a listener that never settles is reported as late and left behind, one that throws as failed', async () => {
    const reports: EventReport[] = [];
    await using bus = createEventBus({ listenerTimeoutMs: 20, report: (report) => void reports.push(report) });
    const port = bus.openPort(identity);
    const seen: unknown[] = [];
    port.subscribe('m.step', () => {
      throw new Error('no');
    });
    port.subscribe('m.step', () => Promise.reject(new Error('no')));
    port.subscribe('m.step', () => new Promise(() => undefined));
    port.subscribe('m.step', ({ payload }) => void seen.push(payload));
    for (let step = 0; step < 3; step += 1) await port.publish('m.step', step);
    await vi.waitFor(() => expect(reports.filter(({ kind }) => kind === 'listener-timeout')).toHaveLength(3));
    expect(seen).toEqual([0, 1, 2]);
    expect(reports.filter(({ kind }) => kind === 'listener-failed')).toHaveLength(6);
  });

  it('M07 who comes or goes while an event is handed out changes nothing for the others', async () => {
    await using bus = createEventBus();
    const port = bus.openPort(identity);
    const seen: string[] = [];
    const third = port.subscribe('m.step', ({ payload }) => void seen.push(`third ${String(payload)}`));
    const first = port.subscribe('m.step', ({ payload }) => {
      seen.push(`first ${String(payload)}`);
      if (payload !== 0) return;
      third[Symbol.dispose]();
      third[Symbol.dispose]();
      port.subscribe('m.step', (event) => void seen.push(`late ${String(event.payload)}`));
    });
    port.subscribe('m.step', ({ payload }) => void seen.push(`second ${String(payload)}`));
    for (let step = 0; step < 3; step += 1) {
      const heard = port.waitFor('m.step');
      await port.publish('m.step', step);
      await heard;
    }
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    const heard = port.waitFor('m.step');
    await port.publish('m.step', 3);
    await heard;
    expect(seen).toEqual([
      'third 0',
      'first 0',
      'second 0',
      'first 1',
      'second 1',
      'late 1',
      'first 2',
      'second 2',
      'late 2',
      'second 3',
      'late 3',
    ]);
  });
});
