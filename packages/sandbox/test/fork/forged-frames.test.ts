import { forkSandbox } from '@kb-labs/sandbox';
import type { SandboxHost } from '@kb-labs/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { runBody, textOf, valueOf } from './fork-scene.js';
import type { GuestRun, RunOptions } from './fork-scene.js';
import { EVENT_API, openEventScene } from '../wire/event-scene.js';

// A guest that attacks writes its own frames into the channel, beside those of its own side.
const FORGE = `
  const { writeSync } = await import('node:fs');
  const write = (bytes) => {
    for (let sent = 0; sent < bytes.length;) {
      try { sent += writeSync(3, bytes, sent); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
    }
  };
  const frame = (message) => {
    const json = Buffer.from(JSON.stringify([message, []]));
    const bytes = Buffer.alloc(8 + json.length);
    bytes.writeUInt32BE(4 + json.length, 0);
    bytes.writeUInt32BE(json.length, 4);
    json.copy(bytes, 8);
    return bytes;
  };
  const forge = (...messages) => write(Buffer.concat(messages.map(frame)));
  const call = (id, name, ...args) => ({ t: 'call', run: 1, id, name, args });
`;

describe('frames that a guest forges', () => {
  const adapter = forkSandbox({ wall: 'off' });
  afterAll(() => adapter[Symbol.asyncDispose]());
  const run = (body: string, options: RunOptions): Promise<GuestRun> => runBody(adapter, `${FORGE}\n${body}`, options);

  it('cannot open a second call that waits for events, nor take the first one away', async () => {
    const scene = openEventScene();
    const body = `
      const wait = ctx.events.waitFor('a');
      // Once the second is answered, the call that waits has been sent.
      for (const n of [1, 2]) await ctx.events.publish('other', n);
      forge(call(1_000, 'events.next'), call(1_001, 'events.next'), { t: 'cancel', run: 1, id: 1_001 });
      await ctx.events.publish('a', 'mine');
      return (await wait).payload;`;
    expect(valueOf(await run(body, { api: EVENT_API, answer: scene.answer }))).toBe('mine');
    expect(scene.mostAsked()).toBe(1);
  });

  it('cannot wait for events a thousand times at once', async () => {
    const scene = openEventScene();
    const body = `
      ctx.events.stream('a');
      // Once the second is answered, the call that waits has been sent.
      for (const n of [1, 2]) await ctx.events.publish('other', n);
      forge(...Array.from({ length: 5_000 }, (_, n) => call(10_000 + n, 'events.next')));
      await new Promise(() => setInterval(() => undefined, 1_000));`;
    const { outcome } = await run(body, { api: EVENT_API, answer: scene.answer });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'ERR_PROTOCOL' } });
    expect(scene.mostAsked()).toBe(1);
  });

  it('do not get more calls at a time by the one that waits', async () => {
    let open = 0;
    let most = 0;
    const answer: SandboxHost['call'] = async (name, _, signal) => {
      if (name === 'events.next')
        return await new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return 1;
    };
    const body = `
      forge(call(500, 'events.next'), ...Array.from({ length: 200 }, (_, n) => call(1_000 + n, 'fs.stat', 'a')));
      while ((await ctx.fs.stat('b').catch(() => 'refused')) === 'refused');
      return 'done';`;
    expect(valueOf(await run(body, { api: ['fs.stat', ...EVENT_API], answer, limits: { maxInFlight: 3 } }))).toBe(
      'done',
    );
    expect(most).toBe(3);
  });

  it.each<[string, string, readonly string[]]>([
    ['a reply', "forge({ t: 'reply', run: 1, id: 1, ok: true, value: 'forged' })", EVENT_API],
    ['an id that is in use', "forge(call(77, 'events.next'), call(77, 'events.next'))", EVENT_API],
    ['a track that was not lent', "forge({ t: 'track', run: 1, name: 'a', attributes: {} })", EVENT_API],
    [
      'a track with a long name',
      "forge({ t: 'track', run: 1, name: 'x'.repeat(65), attributes: {} })",
      ['analytics.track'],
    ],
    ['a track with no name', "forge({ t: 'track', run: 1, name: '', attributes: {} })", ['analytics.track']],
    ['attributes that are no record', "forge({ t: 'track', run: 1, name: 'a', attributes: [1] })", ['analytics.track']],
    [
      'attributes that are a Map',
      "forge({ t: 'track', run: 1, name: 'a', attributes: { $: ['Map', [['a', 1]]] } })",
      ['analytics.track'],
    ],
    [
      'huge attributes',
      "forge({ t: 'track', run: 1, name: 'a', attributes: { a: 'x'.repeat(20_000) } })",
      ['analytics.track'],
    ],
    [
      'huge fields',
      "forge({ t: 'log', run: 1, level: 'info', source: 'log', text: '', fields: { a: 'x'.repeat(20_000) } })",
      [],
    ],
  ])('end the guest: %s', async (_, attack, api) => {
    const answer = (__: string, ___: readonly unknown[], signal: AbortSignal): Promise<unknown> =>
      new Promise((____, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const body = `${attack}; await new Promise(() => setInterval(() => undefined, 1_000));`;
    const { outcome, notes } = await run(body, { api, answer });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'ERR_PROTOCOL' } });
    expect(notes).toEqual([]);
  });

  it('pollute nothing by what a track is named or holds', async () => {
    const polluted =
      '{"t":"track","run":1,"name":"__proto__","attributes":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}';
    const body = `forge(JSON.parse('${polluted}')); return 'alive';`;
    const result = await run(body, { api: ['analytics.track'] });
    expect(valueOf(result)).toBe('alive');
    expect(result.notes).toEqual([
      { kind: 'track', name: '__proto__', attributes: JSON.parse(polluted).attributes as unknown },
    ]);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('end the guest where it tracks on far beyond its output', async () => {
    const body = `
      const many = Buffer.concat(Array.from({ length: 10_000 }, () => frame({ t: 'track', run: 1, name: 'many', attributes: {} })));
      for (let round = 0; round < 100; round += 1) write(many);
      await new Promise(() => setInterval(() => undefined, 1_000));`;
    const result = await run(body, { api: ['analytics.track'] });
    expect(result.outcome).toMatchObject({
      ok: false,
      error: { code: 'ERR_OUTPUT_EXCEEDED', details: { quota: 'maxOutputBytes', limit: 100_000 } },
      usage: { outputBytes: 100_000 },
    });
    expect(textOf(result.notes)).toEqual(['sandbox warn: output was cut at 100000 bytes (maxOutputBytes)']);
    expect(result.notes.length).toBe(100_000 / 20 + 1);
  });

  it('are not needed for a million tracks: an honest guest stops where its host cuts', async () => {
    const body = "for (let n = 0; n < 1_000_000; n += 1) ctx.analytics.track('many', { n }); return 'done';";
    const result = await run(body, { api: ['analytics.track'] });
    expect(valueOf(result)).toBe('done');
    expect(result.outcome.usage.outputBytes).toBe(100_000);
    expect(textOf(result.notes)).toEqual(['sandbox warn: output was cut at 100000 bytes (maxOutputBytes)']);
  });
});
