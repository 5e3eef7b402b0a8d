import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createRuntimeLog, jsonLinesSink } from '../src/runtime-log.js';
import type { RuntimeLogRecord } from '../src/runtime-log.js';

const clock = { now: () => 1000, monotonic: () => 0 };

function events(level: Parameters<typeof createRuntimeLog>[0]['level']): string[] {
  const records: RuntimeLogRecord[] = [];
  const log = createRuntimeLog({ level, sink: (record) => records.push(record), clock });
  for (const name of ['error', 'warn', 'info', 'debug', 'trace'] as const) log.write(name, name, {});
  return records.map((record) => record.event);
}

describe('createRuntimeLog', () => {
  it('says nothing when silent, and each level brings those before it', () => {
    expect(events('silent')).toEqual([]);
    expect(events('error')).toEqual(['error']);
    expect(events('info')).toEqual(['error', 'warn', 'info']);
    expect(events('trace')).toHaveLength(5);
  });

  it('does not suffer from a sink that throws', () => {
    const log = createRuntimeLog({
      level: 'trace',
      clock,
      sink() {
        throw new Error('full');
      },
    });
    expect(() => log.write('error', 'x', {})).not.toThrow();
  });
});

describe('jsonLinesSink', () => {
  it('writes one JSON line for each record, with nothing that moves a terminal', () => {
    const stream = new PassThrough();
    const text = '\u001B[2J\u0085\u202E\n[INFO] fake %s';
    jsonLinesSink(stream)({ time: 0, level: 'error', event: 'x', fields: { text } });
    const written = String(stream.read());

    expect(written).toMatch(/^[\u0020-\u007E]+\n$/u);
    expect(JSON.parse(written)).toEqual({ time: '1970-01-01T00:00:00.000Z', level: 'error', event: 'x', text });
  });

  it('ignores a stream that is closed', () => {
    const stream = new PassThrough();
    stream.destroy();
    expect(() => jsonLinesSink(stream)({ time: 0, level: 'error', event: 'x', fields: {} })).not.toThrow();
  });
});
