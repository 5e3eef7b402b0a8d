import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { createError } from '@kb-labs/contracts';
import type { GuestError } from '@kb-labs/contracts';
import { encodeValue } from '../../src/wire/encode-value.js';
import { describeThrown, parseGuestError } from '../../src/wire/guest-error.js';

const bare = { code: undefined, hint: undefined, stack: undefined, cause: undefined, errors: [], truncated: false };
const nothing = (message: string): GuestError => ({ name: 'NonError', message, ...bare });

function throwing(): never {
  throw new TypeError('a trap');
}

function withStack(error: Error, stack: string): Error {
  return Object.assign(error, { stack });
}

function causesOf(error: GuestError | undefined): number {
  return error === undefined ? 0 : 1 + causesOf(error.cause);
}

describe('what was thrown', () => {
  it.each<[string, unknown, GuestError]>([
    ['text', 'no', nothing('no')],
    ['undefined', undefined, nothing('undefined')],
    ['null', null, nothing('a thrown null')],
    ['a bigint', 7n, nothing('7')],
    ['an object', { message: 'x', code: 'ERR_TIMEOUT' }, nothing('a thrown object')],
    ['a function', throwing, nothing('a thrown function')],
    ['a symbol', Symbol('x'), nothing('a thrown symbol')],
    ['endless text', 'x'.repeat(9_000), { ...nothing('x'.repeat(8_192)), truncated: true }],
    [
      'a proxy that throws',
      new Proxy(throwing, { getPrototypeOf: throwing, get: throwing }),
      nothing('a thrown function'),
    ],
    [
      'a proxied error that throws',
      new Proxy(new Error('x'), { get: throwing }),
      { name: 'Error', message: '', ...bare },
    ],
    ['a revoked proxy', revoked({}), nothing('a thrown object')],
    ['a revoked error', revoked(new Error('x')), nothing('a thrown object')],
  ])('is described: %s', (_, thrown, described) => {
    expect(describeThrown(thrown, '/plugin')).toEqual(described);
  });

  function revoked(target: object): object {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  }

  it('loses the member whose getter throws, and nothing else', () => {
    const error = Object.defineProperty(new RangeError('kept'), 'code', { get: throwing });
    expect(describeThrown(Object.defineProperty(error, 'stack', { get: throwing }), '/plugin')).toEqual({
      ...bare,
      name: 'RangeError',
      message: 'kept',
    });
  });

  it('keeps only text and numbers', () => {
    const error = Object.assign(new Error('x'), { name: { toString: throwing }, code: 404, stack: [] });
    expect(describeThrown(error, '/plugin')).toEqual({ ...bare, name: 'Error', message: 'x', code: '404' });
  });

  it('ends at itself', () => {
    const first = withStack(new Error('first'), '');
    const second = withStack(new Error('second', { cause: first }), '');
    first.cause = second;
    expect(describeThrown(first, '/plugin')).toEqual({
      ...bare,
      name: 'Error',
      message: 'first',
      stack: '',
      truncated: true,
      cause: { ...bare, name: 'Error', message: 'second', stack: '', truncated: true },
    });
  });

  it('keeps eight errors of a chain of ten thousand', () => {
    const chain = Array.from({ length: 10_000 }).reduce((cause) => new Error('x', { cause }), undefined);
    const described = describeThrown(chain, '/plugin');
    expect(described.truncated).toBe(true);
    expect(causesOf(described)).toBe(8);
  });

  it('keeps sixteen parts of a million, and no parts of parts', () => {
    const part = new AggregateError([new AggregateError([new Error('deep')])], 'part');
    const described = describeThrown(new AggregateError(Array.from({ length: 1_000_000 }).map(() => part)), '/plugin');
    expect(described.errors).toHaveLength(16);
    expect(described.errors[0]).toMatchObject({ message: 'part', errors: [] });
    expect(described.truncated).toBe(true);
  });

  it.each<[string, () => unknown[]]>([
    ['holes', () => Array<unknown>(3)],
    ['a length that was set', () => Object.assign([], { length: 2 ** 32 - 1 })],
    ['getters that throw', () => Object.defineProperty([1], 0, { get: throwing })],
    ['a length that is no number', () => new Proxy([], { get: () => Number.NaN })],
  ])('has parts that can be sent where the list has %s', (_, makeParts) => {
    const described = describeThrown(Object.assign(new Error('x'), { errors: makeParts() }), '/plugin');
    expect(described.errors.every((part) => part.name === 'NonError')).toBe(true);
    expect(() => encodeValue(described)).not.toThrow();
  });

  it('has no parts where the list throws', () => {
    const errors = new Proxy([], { get: throwing });
    expect(describeThrown(withStack(Object.assign(new Error('x'), { errors }), ''), '/plugin')).toEqual({
      ...bare,
      name: 'Error',
      message: 'x',
      stack: '',
      truncated: true,
    });
  });

  it('is short where it was 100 MB long', () => {
    const error = withStack(new Error('x'.repeat(100_000_000)), 'y'.repeat(100_000_000));
    const { message, stack, truncated } = describeThrown(error, '/plugin');
    expect([message.length, stack?.length, truncated]).toEqual([8_192, 16_384, true]);
  });

  it('shows frames of its own folder alone, by their names in it', () => {
    const stack = [
      'Error: x',
      '    at handle (file:///plugin/src/a.js:1:2)',
      '    at /plugin/b.js:3:4',
      '    at /plugin-two/c.js:1:1',
      '    at node:internal/modules/run_main:5:6',
      '    at Object.run (/opt/host/bootstrap.js:7:8)',
    ].join('\n');
    expect(describeThrown(withStack(new Error('x'), stack), '/plugin').stack).toBe(
      'Error: x\n    at handle (./src/a.js:1:2)\n    at ./b.js:3:4',
    );
    expect(describeThrown(withStack(new Error('x'), stack), '').stack).toBe('Error: x');
  });

  it('stays data where it looks like an error of ours', () => {
    const forged = Object.assign(new Error('x'), {
      name: 'PermissionDeniedError',
      code: 'ERR_PERMISSION_DENIED',
      http: 200,
    });
    expect(describeThrown(withStack(forged, ''), '/plugin')).toEqual({
      ...bare,
      name: 'PermissionDeniedError',
      message: 'x',
      code: 'ERR_PERMISSION_DENIED',
      stack: '',
    });
    expect(describeThrown(createError('ERR_TIMEOUT', 'late'), '')).toMatchObject({ code: 'ERR_TIMEOUT' });
  });
});

describe('a described error that came over the wire', () => {
  it('arrives as it was described', () => {
    const sent = describeThrown(
      new AggregateError([new Error('a')], 'b', { cause: new TypeError('c', { cause: 'd' }) }),
      import.meta.dirname,
    );
    expect(parseGuestError(sent)).toEqual(sent);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['text', 'x'],
    ['a real error', new Error('x')],
    ['a Map', new Map([['name', 'x']])],
    ['fields of other kinds', { name: 1, message: {}, code: [], stack: null, errors: 'x', truncated: 'yes' }],
  ])('is empty where it is none: %s', (_, value) => {
    expect(parseGuestError(value)).toEqual({ name: 'Error', message: '', ...bare });
  });

  it('has the same bounds as one that was described here', () => {
    const endless: Record<string, unknown> = { message: 'x'.repeat(100_000), stack: 'y'.repeat(100_000) };
    endless['cause'] = endless;
    endless['errors'] = Array.from({ length: 1_000 }, () => endless);
    const parsed = parseGuestError(endless);
    expect(causesOf(parsed)).toBe(9);
    expect([parsed.message.length, parsed.stack?.length, parsed.errors.length]).toEqual([8_192, 16_384, 16]);
    expect(parsed.errors[0]?.errors).toEqual([]);
  });

  it('makes no exception, whatever it is', () => {
    const isQuiet = fc.property(fc.anything(), (value) => {
      parseGuestError({ cause: value, errors: [value], name: value });
      describeThrown(value, '/plugin');
    });
    expect(fc.check(isQuiet, { seed: 1, numRuns: 2_000 })).toMatchObject({ failed: false });
  });
});
