import { isPluginError } from '@kb-labs/contracts';
import type { NetTarget } from '@kb-labs/contracts';
import { compilePolicy, parseNetTarget } from '@kb-labs/permissions';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budget } from './budget.js';
import { mayFetch, urlRules } from './url-model.js';
import { addressTexts, urlTexts } from './url-texts.js';

const policy = compilePolicy({ net: urlRules }, { root: '/' });

describe('URLs', () => {
  it('are decided on as WHATWG and ipaddr.js read them, however they are written', () => {
    const answers = { true: 0, false: 0 };
    fc.assert(
      fc.property(urlTexts, (url) => {
        const { allowed } = policy.check({ kind: 'net', url });
        answers[`${allowed}`] += 1;
        expect([url, allowed]).toEqual([url, mayFetch(url)]);
      }),
      budget(2_000),
    );
    // Neither answer is the only one.
    expect(Math.min(answers.true, answers.false)).toBeGreaterThan(100);
  });

  it('are decided on with the address that they lead to', () => {
    const answers = { true: 0, false: 0 };
    fc.assert(
      fc.property(urlTexts, addressTexts, (url, address) => {
        const target = readTarget(url);
        const allowed = target !== undefined && policy.check({ kind: 'address', target, address }).allowed;
        answers[`${allowed}`] += 1;
        expect([url, address, allowed]).toEqual([url, address, mayFetch(url, address)]);
      }),
      budget(2_000),
    );
    expect(Math.min(answers.true, answers.false)).toBeGreaterThan(20);
  });

  it('lead to where they were decided on', () => {
    fc.assert(
      fc.property(urlTexts, (url) => {
        const target = readTarget(url);
        const again = target === undefined ? undefined : readTarget(target.href);
        expect([again?.href, again?.host, again?.port]).toEqual([target?.href, target?.host, target?.port]);
        expect(again === undefined || policy.check({ kind: 'net', url: again }).allowed).toBe(
          target === undefined || policy.check({ kind: 'net', url: target }).allowed,
        );
      }),
      budget(300),
    );
  });
});

/** What a URL is parsed to; `undefined` where it is refused, which is the only way in which parsing may fail. */
function readTarget(url: string): NetTarget | undefined {
  try {
    return parseNetTarget(url);
  } catch (error) {
    if (isPluginError(error) && ['ERR_INVALID_ARGUMENT', 'ERR_PERMISSION_DENIED'].includes(error.code))
      return undefined;
    throw error;
  }
}
