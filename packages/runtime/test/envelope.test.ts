import { createError } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { describeThrown, nameOfThrown, toEnvelope } from '../src/envelope.js';

describe('toEnvelope', () => {
  it('keeps what one of our errors says, and adds what its code means', () => {
    const cause = Object.assign(new Error('no such file'), { code: 'ENOENT' });
    const middle = createError('ERR_IO_FAILED', 'reading failed', { cause });
    const thrown = createError('ERR_TIMEOUT', 'took 31 of 30 s', {
      details: { limitMs: 30 },
      hint: 'wait',
      cause: middle,
    });

    expect(toEnvelope(thrown, 'handler')).toEqual({
      code: 'ERR_TIMEOUT',
      message: 'took 31 of 30 s',
      stage: 'handler',
      details: { limitMs: 30 },
      hint: 'wait',
      retryable: false,
      http: 504,
      cause: ['ERR_IO_FAILED', 'ENOENT'],
      source: 'host',
      error: undefined,
    });
  });

  it('says that the plugin failed only where the sandbox brought its error', () => {
    const guestError = {
      name: 'PermissionDeniedError',
      message: 'not ours',
      code: 'ERR_PERMISSION_DENIED',
      hint: 'grant it',
      stack: undefined,
      cause: undefined,
      errors: [],
      truncated: false,
    };
    const envelope = toEnvelope(createError('ERR_HANDLER_FAILED', 'The handler threw'), 'handler', guestError);

    expect([envelope.code, envelope.source, envelope.error]).toEqual(['ERR_HANDLER_FAILED', 'handler', guestError]);
    expect(envelope.hint).toBe('grant it');
  });

  it.each([
    ['a string', 'secret'],
    ['nothing', undefined],
    ['null', null],
    ['a symbol', Symbol('secret')],
    ['a function', () => 'secret'],
    ['an error of Node', new TypeError('secret')],
    ['an imitation', { code: 'ERR_PERMISSION_DENIED', message: 'secret', __host: true }],
  ])('shows nothing of %s', (_, thrown) => {
    const envelope = toEnvelope(thrown, 'output');

    expect(envelope).toMatchObject({ code: 'ERR_INTERNAL', stage: 'output', http: 500, details: {}, source: 'host' });
    expect(envelope.hint).toContain('KB_LOG_LEVEL=error');
    expect(JSON.stringify(envelope)).not.toContain('secret');
  });

  it('runs no code of a hostile value', () => {
    const ran: string[] = [];
    const trap = (name: string) => () => {
      ran.push(name);
      throw new Error('trapped');
    };
    const traps = Object.fromEntries(
      ['get', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'has', 'ownKeys'].map((name) => [name, trap(name)]),
    );
    const getter = Object.defineProperties(new Error('x'), {
      code: { get: trap('code') },
      cause: { get: trap('cause') },
    });
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();

    for (const thrown of [
      new Proxy(new Error('x'), traps),
      new Proxy(createError('ERR_ABORTED', 'x'), traps),
      getter,
      revoked.proxy,
    ]) {
      expect(toEnvelope(thrown, undefined).code).toBe('ERR_INTERNAL');
      expect(typeof describeThrown(thrown)).toBe('string');
      expect(typeof nameOfThrown(thrown)).toBe('string');
    }
    expect(
      toEnvelope(createError('ERR_ABORTED', 'x', { cause: new Proxy(new Error('x'), traps) }), undefined).cause,
    ).toEqual([]);
    expect(ran).toEqual([]);
  });

  it('follows at most eight causes, and no circle', () => {
    let long: Error = createError('ERR_IO_FAILED', 'the first');
    for (let depth = 0; depth < 20; depth += 1) long = createError('ERR_IO_FAILED', 'later', { cause: long });
    const circle = Object.assign(new Error('circle'), { code: 'EAGAIN' });
    circle.cause = circle;

    expect(toEnvelope(long, undefined).cause).toHaveLength(8);
    expect(toEnvelope(createError('ERR_IO_FAILED', 'x', { cause: circle }), undefined).cause).toEqual(['EAGAIN']);
  });
});
