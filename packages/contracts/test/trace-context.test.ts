import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTraceparent, parseTraceparent } from '../src/index.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('a traceparent', () => {
  it.each([
    ['sampled', `00-${TRACE}-${SPAN}-01`, true],
    ['not sampled', `00-${TRACE}-${SPAN}-00`, false],
    ['with flags that are not known yet', `00-${TRACE}-${SPAN}-ff`, true],
    ['of a later version', `01-${TRACE}-${SPAN}-01`, true],
    ['of a later version that has more fields', `cc-${TRACE}-${SPAN}-00-what-the-future-will-be-like`, false],
    ['of a later version that ends in a dash', `fe-${TRACE}-${SPAN}-01-`, true],
  ])('%s is read', (_, text, sampled) => {
    expect(parseTraceparent(text)).toEqual({ traceId: TRACE, spanId: SPAN, sampled });
  });

  it.each([
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['an upper case span id', `00-${TRACE}-${SPAN.toUpperCase()}-01`],
    ['an upper case version', `0A-${TRACE}-${SPAN}-01`],
    ['upper case flags', `00-${TRACE}-${SPAN}-0A`],
    ['more than version 00 has', `00-${TRACE}-${SPAN}-01-more`],
    ['a dash at the end', `00-${TRACE}-${SPAN}-01-`],
    ['no dash before what follows', `cc-${TRACE}-${SPAN}-01more`],
    ['a short trace id', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['what is no hex', `00-${TRACE.replace('f', 'g')}-${SPAN}-01`],
    ['no flags', `00-${TRACE}-${SPAN}`],
    ['a space before it', ` 00-${TRACE}-${SPAN}-01`],
    ['a line feed after it', `00-${TRACE}-${SPAN}-01\n`],
    ['two of them', `00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`],
    ['nothing', ''],
    ['no text', undefined],
    ['a text without end', `cc-${TRACE}-${SPAN}-01-${'x'.repeat(10_000_000)}`],
  ])('with %s is none', (_, text) => {
    expect(parseTraceparent(text)).toBe(undefined);
  });

  it('comes back as it was written', () => {
    const hex = (length: number): fc.Arbitrary<string> =>
      fc
        .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
        .filter((id) => /[^0]/.test(id));
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, sampled) => {
        const context = { traceId, spanId, sampled };
        expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
      }),
      { seed: 1, numRuns: 200 },
    );
    expect(formatTraceparent({ traceId: TRACE, spanId: SPAN })).toBe(`00-${TRACE}-${SPAN}-01`);
  });

  it.each([
    [{ traceId: '0'.repeat(32), spanId: SPAN }],
    [{ traceId: TRACE, spanId: '' }],
    [{ traceId: TRACE.toUpperCase(), spanId: SPAN }],
    [{ traceId: `${TRACE}\r\nx-evil: 1`, spanId: SPAN }],
  ])('is not made of %j', (context) => {
    expect(() => formatTraceparent(context)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});
