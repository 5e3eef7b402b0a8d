import { isPluginError } from '@kb-labs/contracts';
import type { EventRules } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { compileRules } from '../src/event-rules.js';
import { parsePattern } from '../src/topic-pattern.js';
import { EVERYTHING, withCode } from './open-bus.js';

const asked: EventRules = { produce: ['report.*'], consume: ['report.**'], scopes: ['execution', 'plugin'] };

function maySubscribe(rules: readonly EventRules[], text: string): boolean {
  const pattern = parsePattern(text);
  if (pattern === undefined) throw new Error('no pattern');
  try {
    compileRules(rules).assertSubscribe(pattern, 'execution');
    return true;
  } catch (error) {
    if (isPluginError(error) && error.code === 'ERR_EVENT_DENIED') return false;
    throw error;
  }
}

describe('event rules', () => {
  it('allow what they list, in the scopes they name', () => {
    const rules = compileRules([asked]);
    rules.assertPublish(['report', 'done'], 'plugin');
    expect(() => rules.assertPublish(['report', 'done'], 'host')).toThrow(
      expect.objectContaining({
        code: 'ERR_EVENT_DENIED',
        details: {
          action: 'publish',
          topic: 'report.done',
          scope: 'host',
          reason: 'scope-not-listed',
          rules: 0,
          unlisted: [],
          unscoped: [0],
        },
      }),
    );
    expect(() => rules.assertPublish(['other'], 'plugin')).toThrow(
      expect.objectContaining({
        details: {
          action: 'publish',
          topic: 'other',
          scope: 'plugin',
          reason: 'not-listed',
          rules: 0,
          unlisted: [0],
          unscoped: [],
        },
      }),
    );
  });

  it('that are not there allow nothing', () => {
    expect(() => compileRules([]).assertPublish(['a'], 'execution')).toThrow(withCode('ERR_EVENT_DENIED'));
    expect(maySubscribe([], 'a')).toBe(false);
    expect(maySubscribe([{ produce: [], consume: [], scopes: ['execution'] }], 'a')).toBe(false);
    expect(maySubscribe([{ ...EVERYTHING, scopes: [] }], 'a')).toBe(false);
  });

  it('say which of several says no', () => {
    const granted: EventRules = { ...EVERYTHING, produce: ['other'] };
    expect(() => compileRules([asked, granted]).assertPublish(['report', 'done'], 'plugin')).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ reason: 'not-listed', rules: 1 }) }),
    );
    const sets = [asked, granted, { ...EVERYTHING, produce: [], scopes: [] }];
    expect(() => compileRules(sets).assertPublish(['report', 'done'], 'plugin')).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ reason: 'scope-not-listed', rules: 2, unlisted: [1, 2], unscoped: [2] }),
      }),
    );
  });

  it('of two documents allow only what both allow', () => {
    const granted: EventRules = { ...EVERYTHING, consume: ['*.done'] };
    expect(maySubscribe([asked, granted], 'report.done')).toBe(true);
    expect(maySubscribe([asked, granted], 'report.*')).toBe(false);
    expect(maySubscribe([asked, granted], 'other.done')).toBe(false);
  });

  it.each(['**', '*', 'report.**.*.**', '*.done', 'reports'])('do not cover %s by report.*', (text) => {
    expect(maySubscribe([{ ...asked, consume: ['report.*'] }], text)).toBe(false);
  });

  it.each([['host.x'], ['runtime.x'], ['host']])('M01: never reach %s, listed or not', (topic) => {
    expect(() => compileRules([EVERYTHING]).assertPublish(topic.split('.'), 'host')).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ reason: 'reserved' }) }),
    );
    expect(() => compileRules([{ ...EVERYTHING, produce: [topic] }])).toThrow(
      withCode('ERR_CONFIG_INVALID', { pointer: '/rules/0/produce/0' }),
    );
  });

  it.each([
    ['/rules', 'none'],
    ['/rules/0', [null]],
    ['/rules/0', [{ ...asked, produces: [] }]],
    ['/rules/0/produce', [{ consume: [], scopes: [] }]],
    ['/rules/0/consume/1', [{ ...asked, consume: ['a', 'A'] }]],
    ['/rules/1/scopes/0', [asked, { ...asked, scopes: ['everywhere'] }]],
    ['/rules/0/produce', [{ ...asked, produce: Array.from({ length: 257 }, () => 'a') }]],
  ])('are refused at %s', (pointer, rules) => {
    expect(() => Reflect.apply(compileRules, undefined, [rules])).toThrow(withCode('ERR_CONFIG_INVALID', { pointer }));
  });

  it('are told which keys there are', () => {
    expect(() => Reflect.apply(compileRules, undefined, [[{ ...asked, produces: [] }]])).toThrow(
      expect.objectContaining({ hint: 'the keys are produce, consume, scopes' }),
    );
  });
});
