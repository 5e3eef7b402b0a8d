import { createAnalytics, memorySink } from '@kb-labs/analytics';
import type { Analytics } from '@kb-labs/analytics';
import type { AnalyticsRecord, AnalyticsSink } from '@kb-labs/contracts';
import { createMemoryArtifactStore, summariseAudit } from '@kb-labs/plugin-runtime';
import type { ExecutionEvent, PluginContextOptions } from '@kb-labs/plugin-runtime';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { openArchive } from './archive.js';
import type { Archive } from './archive.js';
import { dataOf, openArena } from './arena.js';

const permissions = {
  fs: { mode: 'read', allow: ['data'] },
  events: { produce: ['o.*'], consume: ['o.*'] },
} as const;

function grantOf(archive: Archive, id = 'attack-o'): Partial<PluginContextOptions> {
  return {
    plugin: { id, version: '1.0.0' },
    capabilities: ['fs.read', 'events.*', 'analytics.*'],
    permissions,
    artifactStore: createMemoryArtifactStore(),
    ...archive.context,
  };
}

/** The records in a file of JSON lines; throws where a line is none. */
function recordsIn<Entry>(files: Readonly<Record<string, string>>, file: string): readonly Entry[] {
  const [, text = ''] = Object.entries(files).find(([path]) => path.endsWith(file)) ?? [];
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
}

/** Sinks that take no record well. */
function badSinks(): readonly AnalyticsSink[] {
  const never = (): Promise<never> => new Promise(() => undefined);
  const quiet = async (): Promise<void> => undefined;
  return [
    {
      name: 'throws',
      write: () => {
        throw new Error('no');
      },
      [Symbol.asyncDispose]: quiet,
    },
    {
      name: 'rejects',
      write: () => Promise.reject(new Error('no')),
      [Symbol.asyncDispose]: () => Promise.reject(new Error('no')),
    },
    { name: 'hangs', write: never, [Symbol.asyncDispose]: never },
    {
      name: 'is late',
      write: (_batch, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      [Symbol.asyncDispose]: quiet,
    },
  ];
}

function brokenAnalytics(): Analytics {
  return createAnalytics({
    sinks: [...badSinks(), memorySink({ maxRecords: 100_000 })],
    guests: { maxRecords: 10_000 },
    queue: { maxRecords: 100 },
    batch: { writeTimeoutMs: 20, intervalMs: 1 },
    flushTimeoutMs: 100,
  });
}

/** Each record is in exactly one of the counts of each sink, and no more wait than may. */
function expectNothingUncounted(analytics: Analytics): void {
  const { records, sinks } = analytics.stats();
  for (const { sink, delivered, failed, dropped, pending } of sinks) {
    expect([sink, delivered + failed + dropped + pending]).toEqual([sink, records]);
    expect([sink, pending <= 100 + 256]).toEqual([sink, true]);
  }
}

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`how much is written of a run${place.notRun}`, () => {
    const archive = openArchive();
    const arena = openArena(place, 'o', archive.runtime);
    afterAll(() => archive[Symbol.asyncDispose]());

    it('O05 cuts attributes without end to a bounded record, and counts what it cut', async () => {
      const bout = await arena.run('explodes', {}, grantOf(archive));
      dataOf(bout);
      const records = recordsIn<AnalyticsRecord>(await archive.files(), 'records.jsonl');
      const guests = records.filter(({ source, name }) => source === 'guest' && name === 'exploded');
      expect(guests.length).toBeGreaterThan(0);
      for (const record of guests) {
        expect(JSON.stringify(record).length).toBeLessThan(16_384);
        // Cut by the host, or left out by the guest's own side, which says how much that was.
        const leftOut = record.attributes['unsendable'];
        expect(record.cut > 0 || /^fields of \d+ bytes/u.test(String(leftOut))).toBe(true);
      }
      const lines = bout.result.logs.filter(({ text }) => text === 'exploded');
      for (const { fields } of lines) expect(JSON.stringify(fields).length).toBeLessThan(17_000);
      const trace = archive.traceOf(bout.result.traceId);
      expect(JSON.stringify(trace).length).toBeLessThan(65_536);
    });

    it('O07 runs on while every sink fails, hangs or is late, and counts each record that was lost', async () => {
      const analytics = brokenAnalytics();
      const bout = await arena.run('tracks', { count: 50 }, { ...grantOf(archive), observers: [analytics.observer()] });
      expect(dataOf(bout)).toBe(50);
      expectNothingUncounted(analytics);
      await analytics[Symbol.asyncDispose]();
    });

    it('O08 names the run that each record is about, whatever runs beside it', async () => {
      const ids = ['first', 'second', 'third'];
      const bouts = await Promise.all(
        ids.map((id) => arena.run('takesTurns', { who: id, turns: 20 }, grantOf(archive, id))),
      );
      const files = await archive.files();
      const audits = recordsIn<ExecutionEvent & { readonly audit: { readonly target: string } }>(
        files,
        'decisions.jsonl',
      );
      const records = recordsIn<AnalyticsRecord>(files, 'records.jsonl');
      for (const [place, id] of ids.entries()) {
        const { executionId, traceId, logs } = bouts[place]?.result ?? {};
        expect(logs?.filter(({ source }) => source === 'log').map(({ text }) => text)).toEqual(
          Array.from({ length: 20 }, (_, turn) => `${id} ${turn}`),
        );
        const mine = audits.filter((entry) => entry.executionId === executionId);
        expect(mine.map(({ audit }) => audit.target)).toEqual(
          Array.from({ length: 20 }, (_, turn) => `outside/${id}-${turn}.txt`),
        );
        expect(new Set(mine.map((entry) => `${entry.pluginId} ${entry.traceId}`))).toEqual(
          new Set([`${id} ${traceId}`]),
        );
        // Of a guest's own words none is taken for who it is.
        const turns = records.filter(({ name, attributes }) => name === 'turn' && attributes['who'] === id);
        expect(new Set(turns.map((record) => `${record.pluginId} ${record.executionId}`))).toEqual(
          new Set([`${id} ${executionId}`]),
        );
        expect(turns).toHaveLength(20);
      }
    });

    it('O10 numbers what happened in each run, without a gap or a line that another run is in', async () => {
      const { events } = arena.scene();
      const seen = events.length;
      await Promise.all(
        [1, 2, 3].map((n) => arena.run('takesTurns', { who: `turn-${n}`, turns: 20 }, grantOf(archive, `turn-${n}`))),
      );
      const byRun = Map.groupBy(events.slice(seen), ({ executionId }) => executionId);
      expect(byRun.size).toBe(3);
      for (const told of byRun.values()) expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index));
      const files = await archive.files();
      // Parsing throws where two lines are in one, or one is in two.
      const audits = recordsIn<ExecutionEvent>(files, 'decisions.jsonl');
      const records = recordsIn<AnalyticsRecord>(files, 'records.jsonl');
      for (const lines of Map.groupBy(audits, ({ executionId }) => executionId).values()) {
        const numbers = lines.map(({ seq }) => seq);
        expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
      }
      expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index));
    });

    it('O11 counts by names of its own alone: topics, paths and names of a guest make no more of them', async () => {
      const labels: string[][] = [];
      for (const count of [1, 60]) {
        const { metrics } = (await arena.run('wanders', { count }, grantOf(archive, `wanderer-${count}`))).result;
        labels.push([...Object.keys(metrics), ...Object.keys(metrics.hostCallsByName)].toSorted());
      }
      expect(labels[1]).toEqual(labels[0]);
      dataOf(await arena.run('tracks', { count: 100, names: 100, keys: 100 }, grantOf(archive, 'namer')));
      const records = recordsIn<AnalyticsRecord>(await archive.files(), 'records.jsonl').filter(
        ({ pluginId }) => pluginId === 'namer',
      );
      const guests = records.filter(({ source }) => source === 'guest');
      expect(new Set(guests.map(({ name }) => name)).size).toBeLessThanOrEqual(64);
      expect(new Set(guests.flatMap(({ attributes }) => Object.keys(attributes))).size).toBeLessThanOrEqual(128);
      const summary = await summariseAudit(join(archive.folder, 'audit/decisions.jsonl'));
      expect(JSON.stringify(summary).length).toBeLessThan(65_536);
      expect(summary.targets.length).toBeLessThanOrEqual(100);
    });
  });
});

describe('pure rules', () => {
  it('O05 counts every key that it does not keep, of the host and of a guest whose own side is not to be trusted', async () => {
    const sink = memorySink({ maxRecords: 10 });
    await using analytics = createAnalytics({ sinks: [sink] });
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key${index}`, index]));
    analytics.track('explodes', { ...many, large: 'x'.repeat(1_000_000) });
    analytics.forGuest({ pluginId: 'other', executionId: 'run' }).track('explodes', many);
    await analytics.flush();
    const records = sink.records();
    expect(records.map(({ cut, attributes }) => cut + Object.keys(attributes).length)).toEqual([100_001, 100_000]);
    for (const record of records) expect(JSON.stringify(record).length).toBeLessThan(32_768);
  });

  it('O07 is never waited for by whoever tracks, and loses what it must by count', async () => {
    await using analytics = brokenAnalytics();
    const guest = analytics.forGuest({ pluginId: 'attack-o', executionId: 'run', traceId: 'trace' });
    const times: number[] = [];
    for (let index = 0; index < 5_000; index += 1) {
      const start = performance.now();
      guest.track('flood', { index });
      times.push(performance.now() - start);
      // Whoever tracks gives way from time to time, as a host does.
      if (index % 500 === 0) await analytics.flush({ timeoutMs: 5 });
    }
    await analytics.flush();
    // No sink is waited for: what is left is a copy and a queue. One in a hundred may meet what else the machine does.
    expect(times.toSorted((a, b) => a - b)[4_949]).toBeLessThan(20);
    expectNothingUncounted(analytics);
    const [throws, , hangs] = analytics.stats().sinks;
    expect(throws).toMatchObject({ delivered: 0, lastError: expect.stringContaining('no') });
    expect(hangs).toMatchObject({ delivered: 0, overdue: true });
    expect(hangs?.dropped).toBeGreaterThan(4_000);
  });
});
