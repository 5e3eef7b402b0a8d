import * as fc from 'fast-check';
import { isPluginError } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { parseRequestHeaders } from '../../src/net/request-headers.js';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

describe('request headers', () => {
  it('come out in lower case and trimmed', () => {
    expect(
      parseRequestHeaders([
        ['X-Token', ' a\tb '],
        ['Accept', '*/*'],
      ]),
    ).toEqual([
      ['x-token', 'a\tb'],
      ['accept', '*/*'],
    ]);
  });

  it.each([
    ['x', 'a\r\nHost: evil'],
    ['x', 'a\nb'],
    ['x', 'a\0b'],
    ['x', 'snow ☃'],
    ['x\r\ny', 'a'],
    ['x y', 'a'],
    ['x:', 'a'],
    ['', 'a'],
    ['Host', 'evil.com'],
    ['host', 'evil.com'],
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '5'],
    ['Connection', 'upgrade'],
    ['Upgrade', 'h2c'],
    ['Expect', '100-continue'],
    ['Proxy-Authorization', 'Basic eA=='],
    ['Proxy-Connection', 'x'],
    ['Sec-Fetch-Site', 'same-origin'],
    ['TE', 'trailers'],
  ])('refuse %j: %j', (name, value) => {
    expect(() => parseRequestHeaders([[name, value]])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });

  it('let no character through that ends a line, and never name a value', () => {
    const attempt = (name: string, value: string): string => {
      try {
        return parseRequestHeaders([[name, value]])
          .flat()
          .join('');
      } catch (error) {
        return isPluginError(error) && !error.message.includes('secret') ? 'refused' : 'not our error';
      }
    };
    const part = fc.string({ unit: codePoint, maxLength: 12 });
    fc.assert(
      fc.property(part, part, (name, value) => {
        expect(attempt(name, `${value}-secret`)).not.toMatch(/[\r\n\0]|not our error/);
      }),
      { seed: 1, numRuns: 5_000 },
    );
  });
});
