import type { EventEnvelope } from '@kb-labs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcome } from '../open-host.js';
import { openEventHost } from './open-event-host.js';

describe('events.publish', () => {
  it('sends what the host has stamped', async () => {
    const { bus, call } = openEventHost();
    const seen: EventEnvelope[] = [];
    const other = bus.openHostPort({ pluginId: '@acme/report', executionId: 'run-1' });
    other.subscribe('report.done', (event) => seen.push(event));
    const forged = { id: 'mine', sender: { kind: 'host' }, time: 0, text: 'x' };
    const receipt = await call('events.publish', 'report.done', forged, { idempotencyKey: 'a' });
    await other[Symbol.asyncDispose]();
    expect(receipt).toEqual({ id: seen[0]?.id, duplicate: false });
    expect(seen).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
        topic: 'report.done',
        scope: 'execution',
        time: expect.any(Number),
        sender: { kind: 'plugin', pluginId: '@acme/report', executionId: 'run-1', traceId: 'trace-1' },
        payload: forged,
      },
    ]);
    expect(await call('events.publish', 'report.done', forged, { idempotencyKey: 'a' })).toEqual({
      id: seen[0]?.id,
      duplicate: true,
    });
  });

  it('audits what was allowed and what was denied', async () => {
    const { api, audits, call } = openEventHost();
    await call('events.publish', 'report.done', 1);
    expect(await outcome(call('events.publish', 'audit.done', 1))).toBe('ERR_EVENT_DENIED not-listed');
    expect(await outcome(call('events.publish', 'report.done', 1, { scope: 'host' }))).toBe(
      'ERR_EVENT_DENIED scope-not-listed',
    );
    expect(audits).toEqual([
      {
        kind: 'event',
        operation: 'publish',
        target: 'report.done',
        decision: { allowed: true, rule: 'permissions.events.produce' },
        patches: [],
      },
      {
        kind: 'event',
        operation: 'publish',
        target: 'audit.done',
        decision: { allowed: false, reason: 'not-requested' },
        patches: [],
      },
      {
        kind: 'event',
        operation: 'publish',
        target: 'report.done',
        decision: { allowed: false, reason: 'not-requested' },
        patches: [],
      },
    ]);
    expect(api.denials).toBe(2);
  });

  it.each(['host.ready', 'runtime.stop', 'host', 'runtime'])('sends nothing as %s', async (topic) => {
    const { audits, call } = openEventHost({
      rules: { produce: ['**'], consume: ['**'], scopes: ['execution', 'plugin', 'host'] },
    });
    expect(await outcome(call('events.publish', topic, 1, { scope: 'host' }))).toBe('ERR_EVENT_DENIED reserved');
    expect(audits.map(({ decision }) => decision)).toEqual([{ allowed: false, reason: 'mandatory-deny' }]);
  });

  it.each([
    ['__proto__'],
    ['constructor'],
    ['*'],
    ['**'],
    [''],
    ['report.'],
    ['report..done'],
    ['report.done\nhost.ready'],
    ['x'.repeat(10_000)],
    [7],
    [null],
  ])('takes no topic %.20s', async (topic) => {
    const { call, meter } = openEventHost({
      rules: { produce: ['report.**'], consume: ['**'], scopes: ['execution'] },
    });
    expect(await outcome(call('events.publish', topic, 1))).toMatch(/^ERR_(INVALID_ARGUMENT|EVENT_DENIED)/);
    expect(meter.used('maxEvents')).toBe(0);
  });

  it('counts what was accepted, and gives back what was not', async () => {
    const { audits, call, meter } = openEventHost({ quotas: { maxEvents: 2 }, bus: { maxPayloadBytes: 100 } });
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(await outcome(call('events.publish', 'report.a', 'x'.repeat(1_000)))).toBe('ERR_EVENT_TOO_LARGE');
    expect(await outcome(call('events.publish', 'report.a', cycle))).toBe('ERR_INVALID_ARGUMENT');
    expect(await outcome(call('events.publish', 'report.a', 10n))).toBe('ERR_INVALID_ARGUMENT');
    expect(meter.used('maxEvents')).toBe(0);
    const results = await Promise.all(Array.from({ length: 5 }, () => outcome(call('events.publish', 'report.a', 1))));
    expect(results.filter((result) => result.startsWith('resolved'))).toHaveLength(2);
    expect(results.filter((result) => result === 'ERR_QUOTA_EXCEEDED')).toHaveLength(3);
    expect(meter.used('maxEvents')).toBe(2);
    expect(audits.every(({ decision }) => decision.allowed)).toBe(true);
  });

  it('is refused once the run is over, and once its port has ended', async () => {
    const { api, audits, call, port } = openEventHost();
    await port[Symbol.asyncDispose]();
    expect(await outcome(call('events.publish', 'report.a', 1))).toBe('ERR_EVENT_DENIED closed');
    expect(audits).toEqual([]);
    await api[Symbol.asyncDispose]();
    expect(await outcome(call('events.publish', 'report.a', 1))).toBe('ERR_PERMISSION_DENIED run-over');
  });
});

describe('events.subscribe', () => {
  it('audits the pattern, allowed and denied', async () => {
    const { audits, call } = openEventHost();
    expect(await call('events.subscribe', 'report.*', { scope: 'plugin' })).toBe(1);
    expect(await outcome(call('events.subscribe', '**'))).toBe('ERR_EVENT_DENIED not-listed');
    expect(audits.map(({ operation, target, decision }) => [operation, target, decision])).toEqual([
      ['subscribe', 'report.*', { allowed: true, rule: 'permissions.events.consume' }],
      ['subscribe', '**', { allowed: false, reason: 'not-requested' }],
    ]);
  });

  it('takes no option that is none, nor one that would let the guest hold a signal', async () => {
    const { call } = openEventHost();
    const options = [
      { signal: {} },
      { scop: 'host' },
      { queueLimit: 0 },
      { queueLimit: 1e9 },
      { overflow: 'block' },
      [],
    ];
    for (const each of options) {
      expect(await outcome(call('events.subscribe', 'noise', each))).toBe('ERR_INVALID_ARGUMENT');
    }
  });

  it('ends at 256 of one run', async () => {
    const { call } = openEventHost({ bus: { maxSubscriptions: 1_000 } });
    for (let index = 0; index < 256; index += 1) await call('events.subscribe', 'noise');
    const error: unknown = await call('events.subscribe', 'noise').catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'ERR_QUOTA_EXCEEDED',
      details: { quota: 'openSubscriptions', used: 256, requested: 1, limit: 256 },
    });
    await call('events.unsubscribe', 7);
    expect(await call('events.subscribe', 'noise')).toBe(257);
  });

  it('gives the place of a refused one back', async () => {
    const { call } = openEventHost();
    for (let index = 0; index < 300; index += 1) {
      expect(await outcome(call('events.subscribe', 'other'))).toBe('ERR_EVENT_DENIED not-listed');
    }
    expect(await outcome(call('events.subscribe', 'noise'))).toBe('resolved: 301');
  });
});

describe('events.unsubscribe', () => {
  it('does nothing the second time, and takes no id that was never given', async () => {
    const { call } = openEventHost();
    const id = await call('events.subscribe', 'noise');
    expect(await outcome(call('events.unsubscribe', id))).toBe('resolved: undefined');
    expect(await outcome(call('events.unsubscribe', id))).toBe('resolved: undefined');
    for (const forged of [2, 0, -1, 1.5, Number.NaN, '1', undefined, Number.MAX_SAFE_INTEGER]) {
      expect(await outcome(call('events.unsubscribe', forged))).toBe('ERR_INVALID_ARGUMENT');
    }
  });
});

describe('the arguments of events', () => {
  it('never bring down the host, whatever they are', async () => {
    const { call } = openEventHost({ quotas: { maxHostCalls: 100_000 } });
    const names = fc.constantFrom('events.publish', 'events.subscribe', 'events.unsubscribe');
    await fc.assert(
      fc.asyncProperty(names, fc.array(fc.anything(), { maxLength: 4 }), async (name, args) => {
        expect(await outcome(call(name, ...args))).toMatch(
          /^(resolved|ERR_(INVALID_ARGUMENT|EVENT_DENIED|EVENT_TOO_LARGE|QUOTA_EXCEEDED))/,
        );
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
