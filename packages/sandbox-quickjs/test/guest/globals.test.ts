import type { GuestNote } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { failureOf, openQuickjs, valueOf } from '../quickjs-scene.js';

describe('what a handler finds in QuickJS', () => {
  const scene = openQuickjs();
  const tell = async (code: string): Promise<unknown> => {
    await scene.write({ 'plugin/handlers.js': `export const run = async (input, ctx) => { ${code} };` });
    return valueOf(await scene.run('run'));
  };

  it('is nothing of Node, nor of the host', async () => {
    const names =
      'process Buffer require module global fetch WebAssembly Atomics Intl crypto Worker navigator kbSend kbGuest kbMade';
    const code = `return ${JSON.stringify(names.split(' '))}.filter((name) => typeof globalThis[name] !== 'undefined');`;
    expect(await tell(code)).toEqual([]);
    expect(await tell("return ctx.log.info.constructor('return typeof process')();")).toBe('undefined');
    expect(await tell('return Object.keys(globalThis);')).toEqual(['performance']);
  });

  it('tells no path of the host', async () => {
    const code = `
      const seen = [new Error('x').stack, String(ctx.log.info), import.meta.url];
      try { null.x; } catch (error) { seen.push(error.stack); }
      return JSON.stringify(seen);`;
    expect(await tell(code)).not.toContain(scene.folder());
  });

  it('hands out no function of its own side by its frames', async () => {
    const code = `
      Error.prepareStackTrace = (_, frames) => frames;
      const { stack } = new Error('x');
      Error.prepareStackTrace = undefined;
      return stack.map((frame) => [typeof frame.getFunction, typeof frame.getThis]).filter(([a, b]) => a !== b || a !== 'undefined').length;`;
    expect(await tell(code)).toBe(0);
  });

  it('encodes and decodes text as elsewhere', async () => {
    const texts = ['', 'plain', 'ä€😀', 'a\ud800b', '\udfff', '\ufeffbom', 'ü'.repeat(5_000), 'x'.repeat(9_000) + 'é'];
    const bytes = [
      [0xff],
      [0xc3],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0x98],
      [0xed, 0xa0, 0x80],
      [0xc0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
    ];
    const code = `
      const texts = ${JSON.stringify(texts)};
      const bytes = ${JSON.stringify(bytes)};
      return {
        encoded: texts.map((text) => new TextEncoder().encode(text)),
        decoded: bytes.map((list) => new TextDecoder().decode(new Uint8Array([65, ...list, 66]))),
        back: texts.map((text) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text))),
        into: texts.map((text) => new TextEncoder().encodeInto(text, new Uint8Array(7))),
        fatal: bytes.map((list) => { try { return new TextDecoder('utf8', { fatal: true }).decode(new Uint8Array(list)); } catch (error) { return error.name; } }),
      };`;
    expect(await tell(code)).toEqual({
      encoded: texts.map((text) => new Uint8Array(new TextEncoder().encode(text))),
      decoded: bytes.map((list) => new TextDecoder().decode(new Uint8Array([65, ...list, 66]))),
      back: texts.map((text) => text.toWellFormed()),
      into: texts.map((text) => new TextEncoder().encodeInto(text, new Uint8Array(7))),
      fatal: bytes.map(() => 'TypeError'),
    });
  });

  it('decodes a stream of pieces, wherever they are cut', async () => {
    const code = `
      const bytes = new TextEncoder().encode('aä€😀\\ufeffz');
      const told = [];
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const decoder = new TextDecoder();
        told.push(decoder.decode(bytes.subarray(0, cut), { stream: true }) + decoder.decode(bytes.subarray(cut), { stream: true }) + decoder.decode());
      }
      return [...new Set(told)];`;
    expect(await tell(code)).toEqual(['aä€😀\ufeffz']);
  });

  it('has timers, signals, streams, URLs and messages', async () => {
    const code = `
      const order = [];
      setTimeout((text) => order.push(text), 20, 'second');
      const first = setTimeout(() => order.push('first'), 5);
      clearTimeout(setTimeout(() => order.push('never'), 1));
      let ticks = 0;
      await new Promise((resolve) => { const every = setInterval(() => { ticks += 1; if (ticks === 3) { clearInterval(every); resolve(); } }, 1); });
      await new Promise((resolve) => setTimeout(resolve, 40));
      const any = AbortSignal.any([AbortSignal.timeout(5), new AbortController().signal]);
      const reason = await new Promise((resolve) => any.addEventListener('abort', () => resolve(any.reason.name)));
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      void writer.write('a').then(() => writer.close());
      const streamed = [];
      for await (const piece of readable) streamed.push(piece);
      const url = new URL('../b?c=ä#d', 'https://user@exämple.com:443/a/x/');
      const response = new Response('{"a":1}', { status: 201, headers: { 'X-A': '1' } });
      return { order, ticks, reason, streamed, href: url.href, json: await response.json(), type: response.headers.get('content-type'),
        again: await response.text().catch((error) => error.name), clone: structuredClone({ a: new Map([[1, new Date(0)]]) }) };`;
    expect(await tell(code)).toEqual({
      order: ['first', 'second'],
      ticks: 3,
      reason: 'TimeoutError',
      streamed: ['a'],
      href: 'https://user@xn--exmple-cua.com/a/b?c=%C3%A4#d',
      json: { a: 1 },
      type: 'text/plain;charset=UTF-8',
      again: 'TypeError',
      clone: { a: new Map([[1, new Date(0)]]) },
    });
  });

  it('keeps no more than 10 000 timers at a time', async () => {
    await scene.write({
      'plugin/handlers.js': 'export const run = () => { for (;;) setInterval(() => undefined, 0); };',
    });
    expect(failureOf(await scene.run('run'), 'ERR_HANDLER_FAILED').error.message).toContain('10000 timers');
  });

  it('is told of an error in a timer as of its own, and of lines in their order', async () => {
    const notes: GuestNote[] = [];
    const code = `
      export const run = () => {
        console.log('one %s', 1, { a: [1n, 'x'], m: new Map([[1, new Set([2])]]) });
        console.warn({ get a() { throw new Error('read'); } });
        return new Promise(() => setTimeout(() => { throw new RangeError('late'); }, 1));
      };`;
    await scene.write({ 'plugin/handlers.js': code });
    const { guestError } = failureOf(
      await scene.run('run', { onNote: (note) => notes.push(note) }),
      'ERR_HANDLER_FAILED',
    );
    expect([guestError?.name, guestError?.message]).toEqual(['RangeError', 'late']);
    const line = { kind: 'log', source: 'console', fields: {} };
    expect(notes).toEqual([
      { ...line, level: 'info', text: 'one 1 { a: [ 1n, "x" ], m: Map(1) { 1 => Set(1) { 2 } } }' },
      { ...line, level: 'warn', text: '[a value that cannot be shown]' },
    ]);
  });
});
