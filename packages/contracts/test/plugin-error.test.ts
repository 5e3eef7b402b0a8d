import { describe, expect, it } from 'vitest';
import { createError, isPluginError, PluginError } from '../src/index.js';
import type * as contracts from '../src/index.js';

describe('plugin errors', () => {
  it('carry a code, what it means to a web host, details and a hint', () => {
    const cause = new Error('before');
    const error = createError('ERR_QUEUE_TIMEOUT', 'waited too long', {
      details: { elapsedMs: 5 },
      hint: 'wait less',
      cause,
    });
    expect({
      ...error,
      message: error.message,
      http: error.http,
      retryable: error.retryable,
      cause: error.cause,
    }).toEqual({
      name: 'PluginError',
      code: 'ERR_QUEUE_TIMEOUT',
      message: 'waited too long',
      details: { elapsedMs: 5 },
      hint: 'wait less',
      http: 503,
      retryable: true,
      cause,
    });
    expect(error).toBeInstanceOf(PluginError);
  });

  it('have no cause where none was given', () => {
    expect(Object.hasOwn(createError('ERR_INTERNAL', 'x'), 'cause')).toBe(false);
  });

  it('can be subclassed with a code of their own', () => {
    class LateError extends PluginError {
      override readonly name = 'LateError';
      readonly code = 'ERR_TIMEOUT';
    }
    const error = new LateError('too late');
    expect([error.name, error.code, error.http, error.retryable]).toEqual(['LateError', 'ERR_TIMEOUT', 504, false]);
  });

  it('are told from imitations', () => {
    expect(isPluginError(createError('ERR_INTERNAL', 'x'))).toBe(true);
    expect(isPluginError({ code: 'ERR_INTERNAL', name: 'PluginError', message: 'x' })).toBe(false);
    expect(isPluginError(Object.assign(new Error('x'), { code: 'ERR_INTERNAL' }))).toBe(false);
    expect(isPluginError(undefined)).toBe(false);
  });

  it('are told from whatever else carries the brand', () => {
    const brand = Symbol.for('@kb-labs/contracts/PluginError');
    const forged = [
      { [brand]: true, code: 'ERR_INTERNAL' },
      Object.assign(new Error('x'), { [brand]: true }),
      Object.assign(new Error('x'), { [brand]: true, code: 'ENOENT' }),
      Object.assign(Object.create(Error.prototype), { [brand]: true, code: 'ERR_INTERNAL' }),
    ];
    expect(forged.map(isPluginError)).toEqual([false, false, false, false]);
  });

  it('are told from hostile values without running their traps', () => {
    let asked = 0;
    const traps = new Proxy(
      {},
      {
        get: () => {
          asked += 1;
          throw new Error('trapped');
        },
      },
    );
    const { proxy: revoked, revoke } = Proxy.revocable(createError('ERR_INTERNAL', 'x'), {});
    revoke();
    const hostile = [
      new Proxy({}, traps),
      new Proxy(createError('ERR_INTERNAL', 'x'), traps),
      revoked,
      new Proxy({}, { get: () => 'ERR_INTERNAL', getPrototypeOf: () => PluginError.prototype }),
    ];
    expect(hostile.map(isPluginError)).toEqual([false, false, false, false]);
    expect(asked).toBe(0);
  });

  it('are told from errors that throw when they are read', () => {
    const fail = (): never => {
      throw new Error('read');
    };
    const accessor = Object.defineProperty(createError('ERR_INTERNAL', 'x'), 'code', { get: fail });
    const heir = Object.setPrototypeOf(new Error('x'), new Proxy({}, { get: fail }));
    expect([accessor, heir].map(isPluginError)).toEqual([false, false]);
  });

  it('are known to another copy of this package', async () => {
    const built = new URL('../dist/index.js?copy', import.meta.url).href;
    const copy: typeof contracts = await import(built);
    expect(copy.PluginError).not.toBe(PluginError);
    expect(isPluginError(copy.createError('ERR_INTERNAL', 'x'))).toBe(true);
    expect(copy.isPluginError(createError('ERR_INTERNAL', 'x'))).toBe(true);
  });
});
