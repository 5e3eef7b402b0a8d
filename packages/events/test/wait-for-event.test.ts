import { describe, expect, it } from 'vitest';
import { nextTurn, openBus, withCode } from './open-bus.js';

describe('waiting for an event', () => {
  it('goes on after events that do not match', async () => {
    await using test = openBus();
    const port = test.open();
    const waiting = port.waitFor('job.*', { predicate: ({ payload }) => payload === 'done' });
    await port.publish('job.a', 'started');
    await nextTurn();
    await port.publish('other', 'done');
    for (let step = 0; step < 500; step += 1) await port.publish('job.a', step);
    await port.publish('job.b', 'done');
    await port.publish('job.c', 'done');
    expect(await waiting).toMatchObject({ topic: 'job.b', payload: 'done' });
    await nextTurn();
    expect(test.reports).toEqual([]);
  });

  it('ends with the first event where no predicate chooses', async () => {
    await using test = openBus();
    const port = test.open();
    const waiting = port.waitFor('a');
    await Promise.all([1, 2, 3].map((payload) => port.publish('a', payload)));
    expect(await waiting).toMatchObject({ payload: 1 });
  });

  it('keeps the process alive until it has settled, and no longer', async () => {
    await using test = openBus();
    const port = test.open();
    using _heard = port.subscribe('a', () => undefined);
    using _stream = port.stream('a');
    const before = referencedTimers();
    const waits = [port.waitFor('a'), port.waitFor('a')];
    const during = referencedTimers();
    await port.publish('a', 1);
    await Promise.all(waits);
    expect([during - before, referencedTimers() - before]).toEqual([2, 0]);
  });

  it('ends when its time is up', async () => {
    await using test = openBus();
    await expect(test.open().waitFor('a', { timeoutMs: 5 })).rejects.toEqual(
      withCode('ERR_EVENT_TIMEOUT', { timeoutMs: 5 }),
    );
  });

  it('ends with its signal, and with its reason', async () => {
    await using test = openBus();
    const port = test.open();
    const ending = new AbortController();
    const waiting = port.waitFor('a', { signal: ending.signal });
    const reason = new Error('enough');
    ending.abort(reason);
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: reason });
    await expect(port.waitFor('a', { signal: ending.signal })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
      cause: reason,
    });
  });

  it('ends with its port', async () => {
    await using test = openBus();
    const port = test.open();
    const waiting = port.waitFor('a');
    await port[Symbol.asyncDispose]();
    await expect(waiting).rejects.toEqual(withCode('ERR_ABORTED'));
  });

  it('ends with what its predicate throws, and leaves nothing behind', async () => {
    await using test = openBus({ maxSubscriptions: 1 });
    const port = test.open();
    const thrown = new Error('thrown');
    const waiting = port.waitFor('a', {
      predicate: () => {
        throw thrown;
      },
    });
    await port.publish('a', null);
    await expect(waiting).rejects.toBe(thrown);
    port.stream('a');
  });

  it('refuses a predicate that answers with a promise', async () => {
    await using test = openBus();
    const port = test.open();
    const waiting = Reflect.apply(port.waitFor, port, ['a', { predicate: async () => false }]);
    await port.publish('a', null);
    await expect(waiting).rejects.toEqual(withCode('ERR_INVALID_ARGUMENT'));
  });

  it.each([[{ timeoutMs: 0 }], [{ timeoutMs: Number.POSITIVE_INFINITY }], [{ predicate: 'a' }], [{ timeout: 5 }]])(
    'refuses the options %j',
    async (options) => {
      await using test = openBus();
      const port = test.open();
      await expect(Reflect.apply(port.waitFor, port, ['a', options])).rejects.toEqual(withCode('ERR_INVALID_ARGUMENT'));
    },
  );
});

/** Timers that keep the process alive. */
function referencedTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
