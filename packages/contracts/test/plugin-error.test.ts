import { describe, expect, it } from 'vitest';
import { createError, isPluginError, PluginError } from '../src/index.js';

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

  it('do not fall for a proxy that answers every question', () => {
    const liar = new Proxy({}, { get: () => 'ERR_INTERNAL', getPrototypeOf: () => Error.prototype });
    expect(isPluginError(liar)).toBe(false);
  });
});
