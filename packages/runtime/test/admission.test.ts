import { describe, expect, it } from 'vitest';
import { createSignalLinks } from '../src/abort.js';
import { createAdmission } from '../src/admission.js';
import type { Admission, AdmissionRequest } from '../src/admission.js';
import { systemClock } from '../src/system-clock.js';

const links = createSignalLinks();
const never = links.link([]);

function request(pluginId: string, rest: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return { pluginId, maxConcurrency: 100, queueTimeoutMs: 60_000, until: never, ...rest };
}

function admission(maxConcurrency: number, maxQueued = 1000): Admission {
  return createAdmission({ maxConcurrency, maxQueued, clock: systemClock });
}

/** Enters, notes the name when let in, and leaves at once. */
async function pass(
  into: Admission,
  name: string,
  entry: { request: AdmissionRequest; order: string[] },
): Promise<void> {
  using _slot = await into.enter(entry.request);
  entry.order.push(name);
}

describe('admission', () => {
  it('lets in as many as there is room for, and the next when one leaves', async () => {
    const door = admission(2);
    const first = await door.enter(request('a'));
    await door.enter(request('b'));
    const order: string[] = [];
    const third = pass(door, 'third', { request: request('c'), order });

    expect(order).toEqual([]);
    first[Symbol.dispose]();
    await third;
    expect(order).toEqual(['third']);
  });

  it('holds a plugin to its own limit and lets others past it', async () => {
    const door = admission(10);
    const held = await door.enter(request('a', { maxConcurrency: 1 }));
    const order: string[] = [];
    const second = pass(door, 'a2', { request: request('a', { maxConcurrency: 1 }), order });
    await pass(door, 'b', { request: request('b'), order });

    held[Symbol.dispose]();
    await second;
    expect(order).toEqual(['b', 'a2']);
  });

  it('serves a plugin in its order, and plugins in turns', async () => {
    const door = admission(1);
    const held = await door.enter(request('other'));
    const order: string[] = [];
    const names = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'];
    const all = names.map((name) => pass(door, name, { request: request(name.charAt(0)), order }));

    held[Symbol.dispose]();
    await Promise.all(all);
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('gives up a place once, however often the slot is disposed', async () => {
    const door = admission(1);
    const slot = await door.enter(request('a'));
    slot[Symbol.dispose]();
    slot[Symbol.dispose]();
    await door.enter(request('a'));
    const aborter = new AbortController();
    const second = door.enter(request('a', { until: links.link([aborter.signal]) }));
    aborter.abort();

    await expect(second).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('refuses who has waited for too long, with the time and the limit', async () => {
    const door = admission(1);
    using _held = await door.enter(request('a'));
    // Unreferenced timers alone do not keep the test process here.
    const keepAlive = setInterval(() => undefined, 1000);
    try {
      await expect(door.enter(request('b', { queueTimeoutMs: 20 }))).rejects.toMatchObject({
        code: 'ERR_QUEUE_TIMEOUT',
        details: { limitMs: 20, elapsedMs: expect.any(Number) },
      });
    } finally {
      clearInterval(keepAlive);
    }
  });

  it('takes an aborted one out of the queue, and never lets it in', async () => {
    const door = admission(1);
    const held = await door.enter(request('a'));
    const aborter = new AbortController();
    const order: string[] = [];
    const gone = pass(door, 'gone', { request: request('b', { until: links.link([aborter.signal]) }), order });
    const kept = pass(door, 'kept', { request: request('c'), order });
    aborter.abort(new Error('changed my mind'));

    await expect(gone).rejects.toMatchObject({ code: 'ERR_ABORTED', details: { reason: 'changed my mind' } });
    held[Symbol.dispose]();
    await kept;
    expect(order).toEqual(['kept']);
  });

  it('refuses at once where the signal has gone already', async () => {
    const gone = links.link([AbortSignal.abort()]);
    expect(() => admission(1).enter(request('a', { until: gone }))).toThrow(
      expect.objectContaining({
        code: 'ERR_ABORTED',
      }),
    );
  });

  it('refuses at once when the queue is full', async () => {
    const door = admission(1, 1);
    const held = await door.enter(request('a'));
    const waiting = door.enter(request('a'));

    await expect(door.enter(request('a'))).rejects.toMatchObject({
      code: 'ERR_QUOTA_EXCEEDED',
      details: { quota: 'maxQueued', limit: 1, pluginId: 'a' },
    });
    held[Symbol.dispose]();
    (await waiting)[Symbol.dispose]();
  });

  it('takes the last place from the longest line, so that a flood of one plugin does not shut out another', async () => {
    const door = admission(1, 3);
    const held = await door.enter(request('flood'));
    const order: string[] = [];
    const flood = ['f1', 'f2', 'f3'].map((name) => pass(door, name, { request: request('flood'), order }));
    const settled = Promise.allSettled(flood);
    const other = pass(door, 'other', { request: request('other'), order });

    held[Symbol.dispose]();
    await other;
    expect((await settled).map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(order.toSorted()).toEqual(['f1', 'f2', 'other']);
  });

  it('holds a plugin to its own limit where its line was forgotten, and others have lines', async () => {
    const door = admission(1000);
    for (let other = 0; other < 70; other += 1) await door.enter(request(`other${other}`));
    const stop = new AbortController();
    const alone = request('a', { maxConcurrency: 1 });
    const held = await door.enter(alone);
    const leaving = door.enter({ ...alone, until: links.link([stop.signal]) });
    stop.abort();
    held[Symbol.dispose]();
    using _again = await door.enter(alone);
    await Promise.allSettled([leaving]);
    const next = door.enter({ ...alone, queueTimeoutMs: 1 });
    await expect(next).rejects.toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
  });

  it('stays flat and fair under ten thousand at once', async () => {
    const door = admission(4, 1000);
    const order: string[] = [];
    const flood = Array.from({ length: 10_000 }, (_, index) =>
      pass(door, `f${index}`, { request: request('flood', { maxConcurrency: 2 }), order }),
    );
    const others = Array.from({ length: 5 }, (_, index) =>
      pass(door, `o${index}`, { request: request(`other${index}`), order }),
    );
    await Promise.all(others);
    const results = await Promise.allSettled(flood);

    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(8000);
    expect(refused.length + order.length).toBe(10_005);
  });
});
