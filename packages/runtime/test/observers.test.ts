import type { ExecutionEvent } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createEmitter } from '../src/observers.js';
import { createRuntimeLog } from '../src/runtime-log.js';
import type { RuntimeLogRecord } from '../src/runtime-log.js';

const identity = { executionId: 'e', traceId: 't', spanId: 's', parentSpanId: undefined, pluginId: 'p' };
const clock = { now: () => 1000, monotonic: () => 0 };

function setUp(observers: readonly { observe(event: ExecutionEvent): void }[]): {
  emit: ReturnType<typeof createEmitter>;
  records: RuntimeLogRecord[];
} {
  const records: RuntimeLogRecord[] = [];
  const log = createRuntimeLog({ level: 'error', sink: (record) => records.push(record), clock });
  return { emit: createEmitter({ identity, observers, clock, log }), records };
}

describe('createEmitter', () => {
  it('stamps and numbers what it tells, in order', () => {
    const seen: ExecutionEvent[] = [];
    const { emit } = setUp([{ observe: (event) => void seen.push(event) }]);
    emit({ type: 'execution-start', handler: './x.js#y', input: 1 });
    emit({ type: 'stage-start', stage: 'prepare' });

    expect(seen).toEqual([
      { ...identity, seq: 0, time: 1000, type: 'execution-start', handler: './x.js#y', input: 1 },
      { ...identity, seq: 1, time: 1000, type: 'stage-start', stage: 'prepare' },
    ]);
  });

  it('hurts nobody with an observer that throws, rejects, or changes the event', async () => {
    const seen: string[] = [];
    const { emit, records } = setUp([
      {
        observe() {
          throw new Error('thrown');
        },
      },
      { observe: () => Promise.reject(new Error('rejected')) },
      { observe: (event) => Object.assign(event, { type: 'log' }) },
      { observe: (event) => void seen.push(event.type) },
    ]);
    emit({ type: 'stage-start', stage: 'prepare' });
    await Promise.resolve();
    await Promise.resolve();

    expect(seen).toEqual(['stage-start']);
    expect(
      records.map((record) => [record.level, record.event, String(record.fields['error']).split('\n')[0]]),
    ).toEqual([
      ['error', 'observer-failed', 'Error: thrown'],
      ['error', 'observer-failed', expect.stringContaining('TypeError')],
      ['error', 'observer-failed', 'Error: rejected'],
    ]);
  });
});
