import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { abortError, createSignalLinks, untilAborted } from '../src/abort.js';

const links = createSignalLinks();

describe('signal links', () => {
  it('follows the first source that goes, with its reason', () => {
    const [one, two] = [new AbortController(), new AbortController()];
    using linked = links.link([one.signal, undefined, two.signal]);
    two.abort('enough');

    expect([linked.signal.aborted, linked.signal.reason]).toEqual([true, 'enough']);
  });

  it('has gone where a source had', () => {
    using linked = links.link([AbortSignal.abort('before')]);
    expect([linked.aborted, linked.reason, linked.signal.reason]).toEqual([true, 'before', 'before']);
  });

  it('tells who listens to it, once, as it does who asked for its signal', () => {
    const controller = new AbortController();
    using linked = links.link([controller.signal]);
    const heard: unknown[] = [];
    const listen = (): void => void heard.push(linked.reason);
    const unlisten = linked.onAbort(listen);
    linked.onAbort(listen);
    unlisten();
    linked.signal.addEventListener('abort', listen);
    controller.abort('enough');
    linked.onAbort(listen);

    expect([linked.aborted, heard]).toEqual([true, ['enough', 'enough']]);
  });

  it('follows the source of all links, with one listener for good', () => {
    const closing = new AbortController();
    const always = createSignalLinks(closing.signal);
    const all = Array.from({ length: 10 }, () => always.link([]));
    for (const linked of all.slice(1)) linked[Symbol.dispose]();
    expect(getEventListeners(closing.signal, 'abort')).toHaveLength(1);
    closing.abort('over');
    expect(all.map(({ aborted }) => aborted)).toEqual([true, ...all.slice(1).map(() => false)]);
    expect(always.link([]).reason).toBe('over');
  });

  it('leaves nothing on a long-lived signal', () => {
    const { signal } = new AbortController();
    for (let run = 0; run < 50; run += 1) {
      using _linked = links.link([signal]);
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('puts one listener on a signal that many follow, until the last lets go', () => {
    const controller = new AbortController();
    const all = Array.from({ length: 100 }, () => links.link([controller.signal, controller.signal]));
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    for (const linked of all.slice(1)) linked[Symbol.dispose]();
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort('now');
    expect(all.map(({ signal }) => signal.aborted)).toEqual([true, ...all.slice(1).map(() => false)]);
    all[0]?.[Symbol.dispose]();
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});

describe('abortError', () => {
  it('says the reason', () => {
    expect(abortError(AbortSignal.abort('the user left'))).toMatchObject({
      code: 'ERR_ABORTED',
      message: 'the caller ended the execution: the user left',
      details: { reason: 'the user left' },
    });
  });
});

describe('untilAborted', () => {
  it('gives what the work gives', async () => {
    await expect(untilAborted(Promise.resolve(1), links.link([]))).resolves.toBe(1);
  });

  it('does not wait for work that never ends', async () => {
    const aborter = new AbortController();
    const waiting = untilAborted(new Promise(() => undefined), links.link([aborter.signal]));
    aborter.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});
