import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createEventBus } from '../src/index.js';
import { collect, openBus, payloads, withCode } from './open-bus.js';

describe('payload schemas', () => {
  it('refuse what does not fit, by pattern, and say where but not what', async () => {
    await using test = openBus({ schemas: { 'report.*': z.strictObject({ pages: z.number() }) } });
    const port = test.open();
    await port.publish('report.done', { pages: 1 });
    await port.publish('other', 'anything');
    await expect(port.publish('report.done', { pages: 'secret' })).rejects.toEqual(
      withCode('ERR_INVALID_ARGUMENT', {
        topic: 'report.done',
        issues: [{ pointer: '/pages', message: expect.not.stringContaining('secret') }],
        issueCount: 1,
      }),
    );
  });

  it('point into what was refused, and name the first ten issues', async () => {
    const pages = z.array(z.number());
    await using test = openBus({ schemas: { report: z.object({ 'a/b~c': pages }) } });
    const refused = test.open().publish('report', { 'a/b~c': Array.from({ length: 12 }, () => 'x') });
    await expect(refused).rejects.toEqual(
      withCode('ERR_INVALID_ARGUMENT', {
        topic: 'report',
        issues: Array.from({ length: 10 }, (_, index) => ({
          pointer: `/a~1b~0c/${index}`,
          message: expect.any(String),
        })),
        issueCount: 12,
      }),
    );
  });

  it('pass on what they make of it, one after the other, copied and frozen', async () => {
    const made = { text: 'made' };
    await using test = openBus({
      schemas: {
        '**': z.string().transform((text) => `${text}!`),
        a: z.string().transform((text) => ({ ...made, text })),
      },
    });
    const port = test.open();
    const { events, all, listener } = collect(1);
    port.subscribe('a', listener);
    await port.publish('a', 'hello');
    await all;
    expect(payloads(events)).toEqual([{ text: 'hello!' }]);
    expect(Object.isFrozen(events[0]?.payload)).toBe(true);
  });

  it('may not make what is no JSON data', async () => {
    await using test = openBus({ schemas: { a: z.string().transform(() => new Date(0)) } });
    await expect(test.open().publish('a', 'x')).rejects.toEqual(withCode('ERR_INVALID_ARGUMENT'));
  });

  it('must answer at once', async () => {
    await using test = openBus({ schemas: { a: z.string().refine(async () => true) } });
    await expect(test.open().publish('a', 'x')).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) });
    const later = {
      '~standard': { version: 1, vendor: 'test', validate: async (value: unknown) => ({ value }) },
    } as const;
    await using other = openBus({ schemas: { a: later } });
    await expect(other.open().publish('a', 'x')).rejects.toEqual(withCode('ERR_CONFIG_INVALID', { topic: 'a' }));
  });

  it.each([
    ['/schemas', { 'A.b': z.string() }],
    ['/schemas/a', { a: {} }],
    ['/schemas/a', { a: null }],
  ])('are refused at %s', (pointer, schemas) => {
    expect(() => Reflect.apply(createEventBus, undefined, [{ schemas }])).toThrow(
      withCode('ERR_CONFIG_INVALID', { pointer }),
    );
  });
});
