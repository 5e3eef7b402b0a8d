import { forkSandbox, inProcessSandbox } from '@kb-labs/sandbox';
import type { SandboxHost } from '@kb-labs/contracts';
import { createError } from '@kb-labs/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { runBody, textOf, valueOf } from '../fork/fork-scene.js';
import { EVENT_API, openEventScene } from './event-scene.js';

const adapters = [
  ['in-process', inProcessSandbox()],
  ['fork', forkSandbox({ wall: 'off' })],
] as const;

describe.each(adapters)('the events of a guest, %s', (_, adapter) => {
  afterAll(() => adapter[Symbol.asyncDispose]());

  it('come with one open call, however many listen, and whatever else is called', async () => {
    const scene = openEventScene({ answer: () => Promise.resolve('answer') });
    const body = `
      const seen = [];
      for (let n = 0; n < 50; n += 1) await ctx.events.subscribe('a', ({ payload }) => seen.push(payload));
      for (let n = 0; n < 20; n += 1) await Promise.all([ctx.events.publish('a', n), ctx.test.other()]);
      while (seen.length < 1_000) await ctx.test.other();
      return seen.reduce((sum, payload) => sum + payload, 0);`;
    const api = [...EVENT_API, 'test.other'];
    const run = await runBody(adapter, body, { api, answer: scene.answer, limits: { maxInFlight: 1 } });
    expect(valueOf(run)).toBe(50 * 190);
    expect(scene.mostAsked()).toBe(1);
  });

  it('wait at the host while a listener is behind, and are dropped and counted there', async () => {
    const released = Promise.withResolvers<unknown>();
    const scene = openEventScene({ room: 10, answer: () => released.promise });
    const body = `
      const seen = [];
      const { promise, resolve } = Promise.withResolvers();
      await ctx.events.subscribe('a', async ({ payload }) => {
        if (payload === 0) await ctx.test.release();
        seen.push(payload);
        if (payload === 999) resolve();
      });
      for (let n = 0; n < 1_000; n += 1) await ctx.events.publish('a', n);
      ctx.log.info('published');
      await promise;
      return seen;`;
    const answer: SandboxHost['call'] = async (name, args, signal) => {
      if (name === 'events.publish' && args[1] === 999) queueMicrotask(() => released.resolve(undefined));
      return await scene.answer(name, args, signal);
    };
    const seen = valueOf(await runBody(adapter, body, { api: [...EVENT_API, 'test.release'], answer })) as number[];
    expect([...seen, ...(scene.dropped as number[])].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 1_000 }, (__, index) => index),
    );
    expect(seen.length).toBeLessThan(160);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  it.each([
    ['a listener that hangs', "await ctx.events.subscribe('a', () => new Promise(() => undefined));", 'drop-oldest'],
    ['a stream that nobody reads', "ctx.events.stream('a', { overflow: 'drop-newest' });", 'drop-newest'],
  ])('reach the others in spite of %s', async (__, setUp) => {
    const scene = openEventScene();
    const body = `
      ${setUp}
      const seen = [];
      const { promise, resolve } = Promise.withResolvers();
      await ctx.events.subscribe('b', ({ payload }) => { seen.push(payload); if (payload === 199) resolve(); });
      for (let n = 0; n < 200; n += 1) { await ctx.events.publish('a', n); await ctx.events.publish('b', n); }
      await promise;
      return seen;`;
    const run = await runBody(adapter, body, { api: EVENT_API, answer: scene.answer });
    expect(valueOf(run)).toEqual(Array.from({ length: 200 }, (___, index) => index));
    expect(textOf(run.notes)).toEqual(['log warn: events are dropped: their reader is far behind']);
  });

  it('stay in bounds where nobody reads a stream', async () => {
    const scene = openEventScene({ room: 10 });
    const body = `
      ctx.events.stream('a');
      for (let n = 0; n < 5_000; n += 1) await ctx.events.publish('a', 'x'.repeat(1_000));
      return 'done';`;
    expect(valueOf(await runBody(adapter, body, { api: EVENT_API, answer: scene.answer }))).toBe('done');
    expect(scene.dropped.length).toBeGreaterThan(4_800);
    expect(scene.heard.filter((name) => name === 'events.next').length).toBeLessThan(200);
  });

  it('are handed over that came before the answer to their own subscription', async () => {
    const event = { id: '1', topic: 'b', scope: 'host', time: 1, sender: { kind: 'host' }, payload: 'early' };
    const asked = Promise.withResolvers<unknown>();
    const answer: SandboxHost['call'] = async (name, [pattern], signal) => {
      if (name === 'events.subscribe' && pattern === 'a') return 1;
      if (name === 'events.subscribe') {
        asked.resolve([{ subscription: 2, event }]);
        await new Promise((resolve) => setImmediate(resolve));
        return 2;
      }
      if (name !== 'events.next') return true;
      return await Promise.race([asked.promise, untilAborted(signal)]);
    };
    const body = `
      await ctx.events.subscribe('a', () => undefined);
      for await (const { payload } of ctx.events.stream('b')) return payload;`;
    let asks = 0;
    const once: SandboxHost['call'] = async (name, args, signal) => {
      if (name === 'events.next') asks += 1;
      return name === 'events.next' && asks > 1 ? await untilAborted(signal) : await answer(name, args, signal);
    };
    expect(valueOf(await runBody(adapter, body, { api: EVENT_API, answer: once }))).toBe('early');
  });

  it('end with an error where the host refuses them, each in its way', async () => {
    const refuse = (name: string): Promise<unknown> =>
      name === 'events.unsubscribe'
        ? Promise.resolve(true)
        : Promise.reject(createError('ERR_EVENT_DENIED', 'the rules do not cover it'));
    const body = `
      const codeOf = (promise) => promise.then(() => 'went well', (error) => error.code);
      const stream = ctx.events.stream('a');
      return [
        await codeOf(ctx.events.publish('a', 1)),
        await codeOf(ctx.events.subscribe('a', () => undefined)),
        await codeOf(ctx.events.subscribe('a', 7)),
        await codeOf(stream.next()),
        await codeOf(stream.return()),
        await codeOf(ctx.events.waitFor('a')),
        await codeOf(ctx.events.waitFor('a', { timeoutMs: 0 })),
        await codeOf(ctx.events.waitFor('a', { predicate: 7 })),
      ];`;
    expect(valueOf(await runBody(adapter, body, { api: EVENT_API, answer: refuse }))).toEqual([
      'ERR_EVENT_DENIED',
      'ERR_EVENT_DENIED',
      'ERR_INVALID_ARGUMENT',
      'ERR_EVENT_DENIED',
      'went well',
      'ERR_EVENT_DENIED',
      'ERR_INVALID_ARGUMENT',
      'ERR_INVALID_ARGUMENT',
    ]);
  });

  it('end for all who listen where the host fails to hand them over, and may be listened to again', async () => {
    const scene = openEventScene();
    let asks = 0;
    const answer: SandboxHost['call'] = async (name, args, signal) => {
      if (name === 'events.next') asks += 1;
      if (name === 'events.next' && asks === 1) throw createError('ERR_INTERNAL', 'the bus failed');
      return await scene.answer(name, args, signal);
    };
    const body = `
      const stream = ctx.events.stream('a');
      await ctx.events.subscribe('b', () => undefined);
      const first = await stream.next().catch((error) => error.code);
      const wait = ctx.events.waitFor('a');
      await ctx.events.publish('a', 1);
      return [first, (await wait).payload];`;
    const run = await runBody(adapter, body, { api: EVENT_API, answer });
    expect(valueOf(run)).toEqual(['ERR_INTERNAL', 1]);
    expect(textOf(run.notes)).toEqual(['log warn: a subscription ended']);
  });

  it('stop with the signal, and with unsubscribe, and the host is told each time', async () => {
    const scene = openEventScene();
    const body = `
      const seen = [];
      const controller = new AbortController();
      await ctx.events.subscribe('a', () => seen.push('signal'), { signal: controller.signal });
      const { unsubscribe } = await ctx.events.subscribe('a', () => seen.push('unsubscribe'));
      const stream = ctx.events.stream('a', { signal: controller.signal });
      controller.abort();
      const { done } = await stream.next();
      await unsubscribe(); await unsubscribe();
      await ctx.events.publish('a', 1);
      const aborted = await ctx.events.subscribe('a', () => undefined, { signal: controller.signal }).catch((error) => error.name);
      return [done, seen, aborted];`;
    expect(valueOf(await runBody(adapter, body, { api: EVENT_API, answer: scene.answer }))).toEqual([
      true,
      [],
      'AbortError',
    ]);
    expect(scene.heard.filter((name) => name === 'events.unsubscribe')).toHaveLength(3);
    expect([...scene.open]).toEqual([]);
  });

  it('survive a flood of subscriptions, which wait for their turn', async () => {
    const scene = openEventScene();
    const body = `
      const all = Array.from({ length: 5_000 }, (_, n) => ctx.events.stream('topic.' + n));
      const last = ctx.events.waitFor('last');
      await ctx.events.publish('last', 'got it');
      await ctx.events.publish('topic.4999', 'as well');
      return [(await last).payload, (await all.at(-1).next()).value.payload];`;
    const run = await runBody(adapter, body, { api: EVENT_API, answer: scene.answer, limits: { maxInFlight: 4 } });
    expect(valueOf(run)).toEqual(['got it', 'as well']);
    expect(scene.mostAsked()).toBe(1);
  });

  it('are over with the run: nothing is left open, and nothing holds up its end', async () => {
    const scene = openEventScene();
    const body = `
      await ctx.events.subscribe('a', () => undefined);
      ctx.events.stream('a');
      ctx.events.waitFor('a').catch(() => undefined);
      ctx.onCleanup(async () => {
        const codes = [ctx.events.publish('a', 1), ctx.events.subscribe('a', () => undefined), ctx.events.waitFor('a')];
        for (const late of codes) ctx.log.info(await late.catch((error) => error.code));
        ctx.log.info(String((await ctx.events.stream('a').next().catch((error) => error.code))));
      });
      return 'done';`;
    const begun = performance.now();
    const run = await runBody(adapter, body, { api: EVENT_API, answer: scene.answer, limits: { graceMs: 15_000 } });
    expect(valueOf(run)).toBe('done');
    expect(run.outcome.usage.leaked).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(14_000);
    expect(textOf(run.notes)).toEqual(Array.from({ length: 4 }, () => 'log info: ERR_PERMISSION_DENIED'));
  });

  it('end for a handler that reads on when its run is aborted', async () => {
    const scene = openEventScene();
    const controller = new AbortController();
    const body = `
      ctx.onCleanup(() => ctx.log.info('cleaned up'));
      ctx.events.waitFor('a').catch(({ code }) => ctx.log.info(code));
      for await (const event of ctx.events.stream('b')) ctx.log.info('an event');
      ctx.log.info('the stream is over');`;
    const answer: SandboxHost['call'] = async (name, args, signal) => {
      if (name === 'events.subscribe' && args[0] === 'b') setImmediate(() => controller.abort());
      return await scene.answer(name, args, signal);
    };
    const { signal } = controller;
    const api = EVENT_API;
    const { outcome, notes } = await runBody(adapter, body, { api, answer, signal, limits: { graceMs: 2_000 } });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'ERR_ABORTED' } });
    expect(textOf(notes).toSorted()).toEqual([
      'log info: ERR_ABORTED',
      'log info: cleaned up',
      'log info: the stream is over',
    ]);
  });
});

async function untilAborted(signal: AbortSignal): Promise<never> {
  return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}
