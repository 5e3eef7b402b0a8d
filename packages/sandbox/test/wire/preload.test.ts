import { describe, expect, it } from 'vitest';
import { linesOf, pairGuest } from './paired-guest.js';
import { startGuest } from './scripted-guest.js';

const schema = { file: 'schema', export: 'input' };
const standard = { '~standard': { validate: (value: unknown) => ({ value }) } };
const preload = { t: 'preload', realm: { root: '/plugin', env: {}, fetch: false } };

describe('preloading', () => {
  it('loads what a run will need, in the order of a run, and calls nothing', async () => {
    const called: string[] = [];
    const guest = await pairGuest({
      main: () => ({ handle: (input: unknown) => called.push(`handle ${String(input)}`) }),
      schema: () => ({ input: standard }),
      part: () => ({ output: standard }),
    });
    const modules = { inputSchema: schema, outputParts: [{ pointer: '', schema: { file: 'part', export: 'output' } }] };
    expect(await guest.preload(modules)).toBe(true);
    expect([guest.loaded, called, guest.prepared.length]).toEqual([['main', 'schema', 'part'], [], 1]);
    expect(await guest.run({ call: modules })).toMatchObject({ ok: true, value: 1 });
    expect([guest.loaded, called, guest.prepared.length]).toEqual([['main', 'schema', 'part'], ['handle 1'], 1]);
    expect(await guest.run({ call: { handler: { file: 'schema', export: 'none' } } })).toMatchObject({
      error: { code: 'ERR_HANDLER_NOT_FOUND' },
    });
  });

  it('tells the guest its variables, its root, and whether it may fetch', async () => {
    const guest = await pairGuest({ main: () => ({ handle: () => 1 }) }, { env: { A: 'b' } });
    expect(await guest.preload({ api: ['net.fetch'] })).toBe(true);
    expect(guest.prepared).toEqual([{ env: { A: 'b' }, root: '/plugin', fetch: expect.any(Function) }]);
  });

  it('lets what is said and asked meanwhile wait for the first run, and count against it', async () => {
    const answered = Promise.withResolvers<number>();
    const guest = await pairGuest(
      {
        async main({ peer, prepared }) {
          peer.log('info', 'console', 'one');
          void prepared[0]?.fetch?.('https://example.com/early').then(({ status }) => answered.resolve(status));
          return {
            handle: async () => {
              peer.log('info', 'console', 'two');
              peer.log('info', 'console', 'x'.repeat(90));
              await answered.promise;
            },
          };
        },
      },
      { limits: { maxOutputBytes: 100 } },
    );
    expect(await guest.preload({ api: ['net.fetch'] })).toBe(true);
    expect(guest.notes).toEqual([]);
    const asked: string[] = [];
    const reply = { id: 7, status: 204, statusText: '', headers: [], url: 'https://example.com/', redirected: false };
    const answer = (name: string): Promise<unknown> => Promise.resolve(asked.push(name) > 0 && reply);
    expect(await guest.run({ call: { api: ['net.fetch'] }, answer })).toMatchObject({ usage: { outputBytes: 100 } });
    expect(linesOf(guest.notes)).toEqual([
      'console: one',
      'console: two',
      expect.stringMatching(/^console: x{62}$/),
      'sandbox: output was cut at 100 bytes (maxOutputBytes)',
    ]);
    expect([asked, await answered.promise]).toEqual([['net.fetch'], 204]);
    expect(await guest.run()).toMatchObject({ ok: true });
    expect(linesOf(guest.notes).filter((line) => line === 'console: one')).toHaveLength(1);
  });

  it.each<[string, Parameters<typeof pairGuest>[0]['main']]>([
    ['throws', () => Promise.reject(new Error('no'))],
    [
      'leaves something open',
      (guest) => {
        guest.open.push('Timeout');
        return { handle: () => 1 };
      },
    ],
    [
      'throws beside itself',
      (guest) => {
        guest.peer.fail(new Error('no'));
        return { handle: () => 1 };
      },
    ],
    ['never ends', () => new Promise(() => undefined)],
  ])('by a guest whose module %s makes nothing that can be used', async (_, main) => {
    const guest = await pairGuest({ main: main ?? (() => ({})) }, { limits: { startTimeoutMs: 50 } });
    expect(await guest.preload()).toBe(false);
    expect([guest.session.guest.isReusable, guest.fate]).toEqual([false, ['quit']]);
  });

  it('leaves the reason to a run that did not wait for it', async () => {
    const guest = await pairGuest({ main: () => Promise.reject(new Error('no')) });
    const preloaded = guest.preload();
    expect(await guest.run()).toMatchObject({
      error: { code: 'ERR_HANDLER_FAILED', message: expect.stringMatching(/no$/) },
    });
    expect(await preloaded).toBe(false);
  });

  it('keeps what the guest writes past its channel for the first run', async () => {
    const guest = await startGuest({ stays: true });
    guest.session.guest.raw('stdout', 'before anything');
    const preloaded = guest.session.preload({
      handler: { file: '/plugin/a.js', export: 'handle' },
      inputSchema: undefined,
      outputSchema: undefined,
      outputParts: [],
      api: [],
    });
    guest.session.guest.raw('stdout', 'early');
    guest.say({ t: 'loaded', ok: true });
    expect(await preloaded).toBe(true);
    expect(guest.heard).toMatchObject([preload]);
    const outcome = guest.run();
    guest.say({ t: 'result', run: 1, ok: true, value: 1 }, { t: 'done', run: 1, leaked: [], reusable: true });
    await outcome;
    expect(linesOf(guest.notes)).toEqual(['stdout: early']);
  });
});

describe('a guest that breaks the protocol of preloading', () => {
  const call = {
    handler: { file: '/a.js', export: 'h' },
    inputSchema: undefined,
    outputSchema: undefined,
    outputParts: [],
    api: [],
  };

  it.each<[string, object[]]>([
    ['by a line', [{ t: 'log', run: 1, level: 'info', source: 'log', text: 'x', fields: {} }]],
    ['by a call', [{ t: 'call', run: 1, id: 1, name: 'fs.stat', args: [] }]],
    ['by a result', [{ t: 'result', run: 1, ok: true, value: 1 }]],
    ['by a last word', [{ t: 'done', run: 1, leaked: [], reusable: true }]],
    ['by no answer', [{ t: 'loaded', ok: 'yes' }]],
  ])('%s is ended, and says no', async (_, words) => {
    const guest = await startGuest({ stays: true });
    const preloaded = guest.session.preload(call);
    guest.say(...words);
    expect(await preloaded).toBe(false);
    expect(guest.fate).toEqual(['preload', 'quit']);
  });

  it('by a second answer is ended before it is used', async () => {
    const guest = await startGuest({ stays: true });
    const preloaded = guest.session.preload(call);
    guest.say({ t: 'loaded', ok: true }, { t: 'loaded', ok: true });
    await preloaded;
    expect(guest.session.guest.isReusable).toBe(false);
    expect(await guest.run()).toMatchObject({ error: { code: 'ERR_PROTOCOL' } });
  });

  it('by an answer that nobody asked for is ended', async () => {
    const guest = await startGuest({ stays: true });
    guest.say({ t: 'loaded', ok: true });
    expect(await guest.run()).toMatchObject({ error: { code: 'ERR_PROTOCOL' } });
  });
});
