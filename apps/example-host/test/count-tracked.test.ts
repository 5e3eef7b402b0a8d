import type { AnalyticsRecord } from '@kb-labs/plugin-runtime';
import { expect, it } from 'vitest';
import { countTracked } from '../src/count-tracked.js';

function record(
  source: AnalyticsRecord['source'],
  name: string,
  attributes: AnalyticsRecord['attributes'],
): AnalyticsRecord {
  const identity = { pluginId: 'p', executionId: 'e', traceId: 't' };
  return { seq: 0, time: 0, cut: 0, ...identity, source, name, attributes };
}

it('records are added up by source and name, and of runs only what adds up', () => {
  const records = [
    record('guest', 'execution', { files: 1, word: 'a' }),
    record('runtime', 'execution', { wallMs: 2, startTime: 5 }),
    record('runtime', 'execution', { wallMs: 3 }),
  ];
  expect(countTracked(records)).toEqual([
    { name: 'execution', source: 'runtime', records: 2, sums: { wallMs: 5 } },
    { name: 'execution', source: 'guest', records: 1, sums: { files: 1 } },
  ]);
});
