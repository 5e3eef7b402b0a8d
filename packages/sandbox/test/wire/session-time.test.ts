import { describe, expect, it } from 'vitest';
import { createError } from '@kb-labs/contracts';
import { done, result, scriptGuest, startGuest } from './scripted-guest.js';

describe('the end of a guest', () => {
  it('by time: asked, then told, then killed', async () => {
    const guest = await startGuest({ limits: { timeoutMs: 30 } });
    const outcome = await guest.run();
    expect(outcome).toMatchObject({
      ok: false,
      error: {
        code: 'ERR_TIMEOUT',
        message: 'the handler ran longer than 30 ms',
        details: { elapsedMs: expect.any(Number), limitMs: 30 },
      },
      usage: { cpuMs: 1, peakMemoryBytes: 2 },
    });
    expect(guest.fate).toEqual(['run', 'abort', 'terminate', 'quit']);
  });

  it('by time: at once when it does as it is asked', async () => {
    const guest = await startGuest({
      limits: { timeoutMs: 30, graceMs: 60_000 },
      onMessage: (t, self) => {
        if (t === 'abort') self.say(done());
      },
    });
    expect(await guest.run()).toMatchObject({ error: { code: 'ERR_TIMEOUT' } });
    expect(guest.fate).toEqual(['run', 'abort', 'quit']);
  });

  it('by abort: says why, and a result that comes in the grace does not count', async () => {
    const controller = new AbortController();
    const guest = await startGuest({
      onMessage: (t, self) => {
        if (t === 'abort') self.say(result('late'));
        if (t === 'run') controller.abort(new Error('the user left'));
      },
    });
    expect(await guest.run({ call: { signal: controller.signal } })).toMatchObject({
      ok: false,
      error: { code: 'ERR_ABORTED', message: 'the run was aborted: the user left' },
    });
    expect(guest.heard.find(({ t }) => t === 'abort')).toEqual({
      t: 'abort',
      run: 1,
      code: 'ERR_ABORTED',
      reason: 'the run was aborted: the user left',
    });
    expect(guest.fate).toEqual(['run', 'abort', 'terminate', 'quit']);
  });

  it.each<[string, unknown, string]>([
    ['text', 'enough', 'enough'],
    ['a number', 7, 'by its caller'],
    ['nothing', undefined, 'This operation was aborted'],
    ['a proxy that throws', new Proxy(new Error('x'), { get: () => Reflect.ownKeys(1 as never) }), 'by its caller'],
    ['endless text', 'x'.repeat(10_000), 'x'.repeat(512)],
  ])('by abort before it began, for %s', async (_, reason, told) => {
    const guest = await startGuest();
    expect(await guest.run({ call: { signal: AbortSignal.abort(reason) } })).toMatchObject({
      error: { code: 'ERR_ABORTED', message: `the run was aborted: ${told}` },
    });
  });

  it('by the adapter: at once, with its error', async () => {
    const guest = await startGuest();
    const outcome = guest.run();
    guest.session.guest.fail(createError('ERR_MEMORY_EXCEEDED', 'too much'));
    expect(await outcome).toMatchObject({ error: { code: 'ERR_MEMORY_EXCEEDED' } });
    expect(guest.fate).toEqual(['run', 'quit']);
  });

  it('leaves no listener on the signal of its caller', async () => {
    const controller = new AbortController();
    let listeners = 0;
    const signal = new Proxy(controller.signal, {
      get(target, key) {
        if (key === 'addEventListener') listeners += 1;
        if (key === 'removeEventListener') listeners -= 1;
        const member: unknown = Reflect.get(target, key);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const guest = await startGuest();
    const outcome = guest.run({ call: { signal } });
    guest.say(result(1), done());
    await outcome;
    expect(listeners).toBe(0);
  });

  it('is not waited for longer than code of it can run', async () => {
    const guest = await startGuest({ lingers: true });
    const outcome = guest.run();
    guest.say(result(1), done());
    expect(await outcome).toMatchObject({ ok: true });
    await guest.session.dispose();
    let isGone = false;
    void guest.session.guest.gone.then(() => (isGone = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect([isGone, guest.fate]).toEqual([false, ['run', 'quit', 'close']]);
  });

  it('by disposal, which waits until nothing of it runs', async () => {
    const guest = await startGuest();
    await guest.session.dispose();
    expect(guest.fate).toEqual(['quit', 'close']);
  });
});

describe('a start', () => {
  it('takes no longer than startTimeoutMs', async () => {
    const guest = scriptGuest({ limits: { startTimeoutMs: 20 } });
    await expect(guest.session.start()).rejects.toMatchObject({
      code: 'ERR_START_TIMEOUT',
      details: { elapsedMs: expect.any(Number), limitMs: 20 },
    });
    expect(guest.fate).toEqual(['quit']);
  });

  it('ends with the signal of the plan', async () => {
    const controller = new AbortController();
    const guest = scriptGuest({ signal: controller.signal });
    const started = guest.session.start();
    controller.abort(new Error('no longer needed'));
    await expect(started).rejects.toMatchObject({
      code: 'ERR_ABORTED',
      message: 'the run was aborted: no longer needed',
    });
    expect(guest.fate).toEqual(['quit']);
  });

  it('fails as its guest does', async () => {
    const guest = scriptGuest();
    const started = guest.session.start();
    guest.die();
    await expect(started).rejects.toMatchObject({ code: 'ERR_SANDBOX_CRASHED', message: 'it ended by itself' });
  });
});
