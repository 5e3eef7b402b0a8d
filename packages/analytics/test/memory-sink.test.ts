import { describe, expect, it } from 'vitest';
import { createAnalytics, memorySink } from '../src/index.js';

describe('the memory sink', () => {
  it('keeps the newest records, in their order', async () => {
    const sink = memorySink({ maxRecords: 3 });
    await using analytics = createAnalytics({ sinks: [sink], batch: { maxRecords: 2 } });
    for (let count = 0; count < 10; count++) analytics.track('tick', { count });
    await analytics.flush();
    expect(sink.records().map(({ attributes }) => attributes['count'])).toEqual([7, 8, 9]);
  });

  it('refuses a bound that it cannot keep', () => {
    expect(() => memorySink({ maxRecords: 0 })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });
});
