import { describe, expect, it } from 'vitest';
import { createAnalytics, jsonLinesSink, memorySink } from '../src/index.js';

describe('the options', () => {
  it.each([
    [null, ''],
    [{}, '/sinks'],
    [{ sinks: [{ name: 'x' }] }, '/sinks/0'],
    [{ sinks: [memorySink(), memorySink()] }, '/sinks/1'],
    [{ sinks: [], sink: [] }, '/sink'],
    [{ sinks: [], clock: {} }, '/clock'],
    [{ sinks: [], queue: { maxRecords: 0 } }, '/queue/maxRecords'],
    [{ sinks: [], queue: { maxRecords: '5' } }, '/queue/maxRecords'],
    [{ sinks: [], queue: { maxLength: Number.NaN } }, '/queue/maxLength'],
    [{ sinks: [], queue: { overflow: 'block' } }, '/queue/overflow'],
    [{ sinks: [], queue: { policy: 'reject' } }, '/queue/policy'],
    [{ sinks: [], batch: { intervalMs: 2 ** 31 } }, '/batch/intervalMs'],
    [{ sinks: [], batch: { writeTimeoutMs: -1 } }, '/batch/writeTimeoutMs'],
    [{ sinks: [], guests: { maxNames: 1.5 } }, '/guests/maxNames'],
    [{ sinks: [], payloads: 'logs' }, '/payloads'],
    [{ sinks: [], payloads: ['logs', 'everything'] }, '/payloads/1'],
    [{ sinks: [], redaction: { secrets: 'x' } }, '/redaction/secrets'],
    [{ sinks: [], flushTimeoutMs: Infinity }, '/flushTimeoutMs'],
    [{ sinks: [], coldStartMs: -1 }, '/coldStartMs'],
  ])('%o are refused with a pointer', (options, pointer) => {
    expect(() => Reflect.apply(createAnalytics, undefined, [options])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer }, hint: expect.any(String) }),
    );
  });

  it.each([
    [{ file: 'relative.jsonl' }, '/file'],
    [{}, '/file'],
    [{ file: '/x', maxFiles: 0 }, '/maxFiles'],
    [{ file: '/x', maxBytes: 0.5 }, '/maxBytes'],
    [{ file: '/x', mode: 0o644 }, '/mode'],
  ])('of the JSON lines %o are refused with a pointer', (options, pointer) => {
    expect(() => Reflect.apply(jsonLinesSink, undefined, [options])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer } }),
    );
  });
});
