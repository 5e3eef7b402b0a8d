import { describe, expect, it } from 'vitest';
import { createEventBus, createPluginBuses } from '../src/index.js';
import { withCode } from './open-bus.js';

describe('the options of a bus', () => {
  it.each([
    ['', null],
    ['/maxPayload', { maxPayload: 1 }],
    ['/maxPayloadBytes', { maxPayloadBytes: 0 }],
    ['/ratePerMinute', { ratePerMinute: Number.POSITIVE_INFINITY }],
    ['/rateBurst', { rateBurst: 1.5 }],
    ['/queueLimit', { queueLimit: '10' }],
    ['/queueBytes', { queueBytes: 0 }],
    ['/maxWaitingBytes', { maxWaitingBytes: 2 ** 30 + 1 }],
    ['/drainMs', { drainMs: -1 }],
    ['/listenerTimeoutMs', { listenerTimeoutMs: 2 ** 31 }],
    ['/toString', { toString: 1 }],
    ['/report', { report: {} }],
    ['/clock', { clock: { now: () => 0 } }],
    ['/transport', { transport: null }],
    ['/transport', { transport: { send: () => undefined } }],
  ])('are refused at "%s": %j', (pointer, config) => {
    for (const create of [createEventBus, createPluginBuses]) {
      expect(() => Reflect.apply(create, undefined, [config])).toThrow(withCode('ERR_CONFIG_INVALID', { pointer }));
    }
  });

  it('are all named where one is not known', () => {
    expect(() => Reflect.apply(createEventBus, undefined, [{ maxPayload: 1 }])).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('at /maxPayload: is no option of an event bus'),
        hint: expect.stringContaining(
          'the options are transport, clock, report, schemas, maxPayloadBytes, ratePerMinute',
        ),
      }),
    );
  });
});
