import { describe, expect, it } from 'vitest';
import { createAnalytics, memorySink } from '../src/index.js';
import type { GuestLimits } from '../src/index.js';

const identity = { pluginId: '@acme/review', executionId: 'e-1', traceId: 't-1' };

describe('a guest', () => {
  it('tracks under the identity that the host gave, whatever it says itself', async () => {
    const { guest, done } = scene();
    guest().track('files.reviewed', { count: 3, pluginId: '@other/plugin', source: 'host', executionId: 'e-9' });
    expect((await done()).records).toEqual([
      expect.objectContaining({
        name: 'files.reviewed',
        source: 'guest',
        pluginId: '@acme/review',
        executionId: 'e-1',
        traceId: 't-1',
        attributes: { count: 3, pluginId: '@other/plugin', source: 'host', executionId: 'e-9' },
      }),
    ]);
  });

  it('cannot say more often than it may, in each execution', async () => {
    const { guest, done } = scene({ maxRecords: 2 });
    const [first, second] = [guest(), guest('e-2')];
    for (let count = 0; count < 5; count++) first.track('tick');
    second.track('tick');
    const { records, stats } = await done();
    expect(records.map(({ executionId }) => executionId)).toEqual(['e-1', 'e-1', 'e-2']);
    expect(stats.refused).toEqual({ closed: 0, name: 0, 'guest-names': 0, 'guest-records': 3 });
  });

  it('cannot invent names without end, over all its executions, nor take those of others', async () => {
    const { guest, done } = scene({ maxNames: 3 });
    for (let count = 0; count < 6; count++) guest(`e-${count}`).track(`topic.${count}`);
    guest('e-9').track('topic.0');
    guest('e-9', '@other/plugin').track('topic.5');
    const { records, stats } = await done();
    expect(records.map(({ pluginId, name }) => [pluginId, name])).toEqual([
      ['@acme/review', 'topic.0'],
      ['@acme/review', 'topic.1'],
      ['@acme/review', 'topic.2'],
      ['@acme/review', 'topic.0'],
      ['@other/plugin', 'topic.5'],
    ]);
    expect(stats.refused['guest-names']).toBe(3);
  });

  it('cannot invent attribute keys without end', async () => {
    const { guest, done } = scene({ maxKeys: 2 });
    guest().track('a', { one: 1, two: 2, three: 3 });
    guest().track('b', { three: 3, one: 1, ['x'.repeat(200)]: 1 });
    expect((await done()).records.map(({ attributes, cut }) => [attributes, cut])).toEqual([
      [{ one: 1, two: 2 }, 1],
      [{ one: 1 }, 2],
    ]);
  });

  it('cannot send much at once', async () => {
    const { guest, done } = scene({ maxLength: 100 });
    guest().track('big', Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 'x'.repeat(60)])));
    const [record] = (await done()).records;
    expect(JSON.stringify(record?.attributes).length).toBeLessThan(150);
    expect(record?.cut).toBeGreaterThan(40);
  });

  it.each([[undefined], [Symbol('x')], [{}], ['x'.repeat(100)], ['a\nb'], [`sk-${'aB3'.repeat(8)}`]])(
    'that names a record %o is not heard, and not told',
    async (name) => {
      const { guest, done } = scene();
      expect(Reflect.apply(guest().track, undefined, [name])).toBeUndefined();
      const { records, stats } = await done();
      expect([records, stats.refused.name]).toEqual([[], 1]);
    },
  );

  it('runs no code of its own here', async () => {
    const trap = (): never => {
      throw new Error('touched');
    };
    const { guest, done } = scene();
    const track = guest().track;
    track('getter', Object.defineProperty({ a: 1 }, 'b', { enumerable: true, get: trap }));
    track('proxy', new Proxy({}, { ownKeys: trap, getPrototypeOf: trap }));
    track('__proto__'.slice(2, 7), JSON.parse('{"__proto__":{"x":1}}'));
    const { records } = await done();
    expect(records.map(({ attributes, cut }) => [JSON.stringify(attributes), cut > 0])).toEqual([
      ['{"a":1}', true],
      ['{}', true],
      ['{"__proto__":{"x":1}}', false],
    ]);
  });
});

interface Scene {
  readonly guest: (
    executionId?: string,
    pluginId?: string,
  ) => ReturnType<ReturnType<typeof createAnalytics>['forGuest']>;
  readonly done: () => Promise<{
    records: ReturnType<ReturnType<typeof memorySink>['records']>;
    stats: ReturnType<ReturnType<typeof createAnalytics>['stats']>;
  }>;
}

function scene(guests: Partial<GuestLimits> = {}): Scene {
  const sink = memorySink();
  const analytics = createAnalytics({ sinks: [sink], guests });
  return {
    guest: (executionId = identity.executionId, pluginId = identity.pluginId) =>
      analytics.forGuest({ ...identity, executionId, pluginId }),
    done: async () => {
      await analytics[Symbol.asyncDispose]();
      return { records: sink.records(), stats: analytics.stats() };
    },
  };
}
