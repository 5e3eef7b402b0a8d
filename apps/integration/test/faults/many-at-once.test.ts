import { fileURLToPath } from 'node:url';
import type { ExecutionEvent } from '@kb-labs/contracts';
import type { ExecuteResult } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { openScene, places } from '../scene.js';

const pluginRoot = fileURLToPath(new URL('plugin', import.meta.url));
const IDS = ['one', 'two', 'three', 'four', 'five'];
const MIB = 1024 * 1024;
const quotas = { queueTimeoutMs: 1_500, maxConcurrency: 4 };

/** How many have a place at a time: an observer that counts. */
function createGauge() {
  const gauge = { live: 0, most: 0, observe };
  function observe(event: ExecutionEvent): void {
    if (event.type === 'confined') gauge.live += 1;
    if (event.type === 'execution-end' && event.result.confinement !== undefined) gauge.live -= 1;
    gauge.most = Math.max(gauge.most, gauge.live);
  }
  return gauge;
}

function codesOf(results: readonly ExecuteResult[]): Readonly<Record<string, number>> {
  const codes: Record<string, number> = {};
  for (const result of results) {
    const code = result.ok ? 'ok' : result.error.code;
    codes[code] = (codes[code] ?? 0) + 1;
  }
  return codes;
}

describe.each(places.filter(({ name }) => name === 'fork' || name === 'in-process'))('$name', (place) => {
  it(
    'serves 500 executions at once in turns, a few at a time, and refuses in time what it cannot',
    { timeout: 60_000, retry: 2 },
    async () => {
      const gauge = createGauge();
      await using scene = await openScene(place.create(), { maxConcurrency: 4, maxQueued: 300, observers: [gauge] });
      const before = process.memoryUsage().rss;
      const contexts = IDS.map((id) =>
        scene.grant({ pluginRoot, plugin: { id, version: '1.0.0' }, permissions: { quotas } }),
      );
      const all = Array.from({ length: 100 }, () =>
        contexts.map((context) => scene.runtime.execute('./points.js#worksFor', { ms: 40 }, context)),
      );
      const results = await Promise.all(all.flat());
      const codes = codesOf(results);
      const known = ['ERR_QUEUE_TIMEOUT', 'ERR_QUOTA_EXCEEDED', 'ok'];
      // All three: some ran, those who waited too long were told so, and so were at once those for whom there was no place to wait.
      expect(Object.keys(codes).toSorted()).toEqual(known);
      expect(codes['ERR_QUOTA_EXCEEDED']).toBeLessThanOrEqual(196);
      expect([gauge.most, gauge.live]).toEqual([4, 0]);
      const shares = IDS.map((id) => codesOf(results.filter(({ pluginId }) => pluginId === id))['ok'] ?? 0);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(5);
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB);
      expect(results.filter(({ confinement }) => confinement !== undefined)).toHaveLength(codes['ok'] ?? 0);
    },
  );
});
