import { describe, expect, it } from 'vitest';
import { nextTurn, openBus } from './open-bus.js';

describe('a stream', () => {
  it('hands out what was published since it was opened, and ends with break', async () => {
    await using test = openBus();
    const port = test.open();
    const stream = port.stream('a.*');
    await port.publish('a.b', 1);
    await port.publish('a.c', 2);
    const heard: unknown[] = [];
    for await (const { payload } of stream) {
      heard.push(payload);
      if (payload === 2) break;
    }
    await port.publish('a.b', 3);
    expect(heard).toEqual([1, 2]);
    expect([stream.waiting, await stream.next()]).toEqual([0, { done: true, value: undefined }]);
  });

  it('gives each of several waiting readers an event of its own, in order', async () => {
    await using test = openBus();
    const port = test.open();
    const stream = port.stream('a');
    const readers = [stream.next(), stream.next(), stream.next()];
    await port.publish('a', 1);
    await port.publish('a', 2);
    stream[Symbol.dispose]();
    expect((await Promise.all(readers)).map(({ value }) => value?.payload)).toEqual([1, 2, undefined]);
  });

  it('ends with its port, after what waited', async () => {
    await using test = openBus();
    const port = test.open();
    const stream = port.stream('a');
    await port.publish('a', 1);
    const ended = port[Symbol.asyncDispose]();
    const heard: unknown[] = [];
    for await (const { payload } of stream) heard.push(payload);
    await ended;
    expect([heard, stream.dropped]).toEqual([[1], 0]);
  });

  it('ends with its signal, at once, and counts what it did not hand out', async () => {
    await using test = openBus();
    const port = test.open();
    const ending = new AbortController();
    const stream = port.stream('a', { signal: ending.signal });
    await port.publish('a', 1);
    await port.publish('a', 2);
    ending.abort();
    expect([await stream.next(), stream.dropped]).toEqual([{ done: true, value: undefined }, 2]);
    await nextTurn();
    expect(test.reports).toMatchObject([
      { kind: 'dropped', reason: 'closed', dropped: 1 },
      { kind: 'dropped', reason: 'closed', dropped: 2 },
    ]);
  });
});
