import { describe, expect, it } from 'vitest';
import { ERROR_CODES, isErrorCode } from '../src/index.js';

describe('error codes', () => {
  it('each have a status that is an error and say whether to try again', () => {
    const wrong = Object.entries(ERROR_CODES).filter(
      ([code, facts]) =>
        !/^ERR_[A-Z_]+$/.test(code) || facts.http < 400 || facts.http > 599 || typeof facts.retryable !== 'boolean',
    );
    expect(wrong).toEqual([]);
    expect(Object.keys(ERROR_CODES).length).toBeGreaterThan(30);
  });

  it('are recognised by their own names alone', () => {
    expect(['ERR_TIMEOUT', 'ERR_PROTOCOL'].map(isErrorCode)).toEqual([true, true]);
    expect(['ERR_NOPE', '__proto__', 'constructor', 'toString', '', 1, undefined, null].map(isErrorCode)).toEqual(
      Array.from({ length: 8 }, () => false),
    );
  });

  it('cannot be changed by whoever imports them', () => {
    expect(Reflect.set(ERROR_CODES, 'ERR_TIMEOUT', {})).toBe(false);
    expect(Object.values(ERROR_CODES).filter((facts) => Reflect.set(facts, 'retryable', true))).toEqual([]);
    expect(ERROR_CODES.ERR_TIMEOUT).toEqual({ http: 504, retryable: false });
  });
});
