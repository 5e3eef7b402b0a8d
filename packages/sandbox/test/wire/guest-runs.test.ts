import { describe, expect, it } from 'vitest';
import type { GuestNote, HandlerContext } from '@kb-labs/contracts';
import { linesOf, pairGuest } from './paired-guest.js';
import type { Handler, PairedGuest } from './paired-guest.js';

const guestOf = (handle: Handler, options?: Parameters<typeof pairGuest>[1]): Promise<PairedGuest> =>
  pairGuest({ main: () => ({ handle }) }, options);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a guest with one run after the other', () => {
  it('is prepared once, loads its modules once, and gives each run a ctx of its own', async () => {
    const seen = new Set<HandlerContext>();
    const guest = await guestOf((input: number, ctx) => {
      seen.add(ctx);
      return input + 1;
    });
    for (const input of [1, 2, 3]) expect(await guest.run({ call: { input } })).toMatchObject({ value: input + 1 });
    expect([guest.prepared.length, guest.loaded, seen.size]).toEqual([1, ['main'], 3]);
    expect(guest.session.guest.isReusable).toBe(true);
  });

  it('calls nothing in the name of a run that is over, and says nothing for it', async () => {
    const kept: HandlerContext[] = [];
    const guest = await guestOf((_: unknown, ctx) => void kept.push(ctx));
    const asked: string[] = [];
    await guest.run({ call: { api: ['fs.stat'] } });
    const second = guest.run({ call: { api: ['fs.stat'] }, answer: (name) => Promise.resolve(asked.push(name)) });
    kept[0]?.log.info('late');
    await expect(kept[0]?.fs?.stat('a')).rejects.toMatchObject({ code: 'ERR_PERMISSION_DENIED' });
    expect(await second).toMatchObject({ ok: true });
    expect([asked, linesOf(guest.notes)]).toEqual([[], []]);
  });

  it('runs the cleanups of each run before the next may come', async () => {
    const order: string[] = [];
    const guest = await guestOf((input: string, ctx) => {
      order.push(input);
      ctx.onCleanup(async () => {
        await turn();
        order.push(`cleaned ${input}`);
      });
    });
    for (const input of ['a', 'b']) await guest.run({ call: { input } });
    expect(order).toEqual(['a', 'cleaned a', 'b', 'cleaned b']);
  });

  it('is not used again where something is open, and is where a cleanup has closed it', async () => {
    const tidy = await guestOf((_: unknown, ctx) => {
      tidy.open.push('Timeout');
      ctx.onCleanup(() => void tidy.open.pop());
    });
    expect((await tidy.run()).usage.leaked).toEqual(['Timeout']);
    expect(tidy.session.guest.isReusable).toBe(true);
    const untidy = await guestOf(() => void untidy.open.push('Timeout'));
    await untidy.run();
    expect([untidy.session.guest.isReusable, untidy.fate]).toEqual([false, ['quit']]);
  });

  it('is not used again where a handler was aborted and went on', async () => {
    const guest = await guestOf(() => new Promise(() => undefined), { limits: { graceMs: 300 } });
    const aborted = guest.run({ call: { signal: AbortSignal.abort() } });
    expect(await aborted).toMatchObject({ error: { code: 'ERR_ABORTED' } });
    expect([guest.session.guest.isReusable, guest.fate]).toEqual([false, ['quit']]);
  });

  it('is used again where a handler was aborted and has ended', async () => {
    const guest = await guestOf(
      (_: unknown, ctx) => new Promise((resolve) => ctx.signal.addEventListener('abort', resolve)),
    );
    const controller = new AbortController();
    const aborted = guest.run({ call: { signal: controller.signal } });
    await turn();
    controller.abort();
    expect(await aborted).toMatchObject({ error: { code: 'ERR_ABORTED' } });
    expect([guest.session.guest.isReusable, guest.fate]).toEqual([true, []]);
  });

  it('is not used again where an error was thrown that nobody caught', async () => {
    const guest = await guestOf(() => guest.peer.fail(new Error('nobody caught it')));
    expect(await guest.run()).toMatchObject({ error: { code: 'ERR_HANDLER_FAILED' } });
    expect([guest.session.guest.isReusable, guest.fate]).toEqual([false, ['quit']]);
  });

  it('leaves where one is thrown while nobody runs', async () => {
    const guest = await guestOf(() => 1);
    await guest.run();
    guest.peer.fail(new Error('late'));
    expect(guest.fate).toEqual(['leave']);
  });
});

describe('a guest with several runs at once', () => {
  it('gives every line, call, error and answer to the run that it belongs to', async () => {
    const guest = await guestOf(async (input: number, ctx) => {
      for (let step = 0; step < 3; step += 1) {
        guest.peer.log('info', 'console', `${input} at ${step}`);
        await ctx.fs?.stat(`${input}`);
        await turn();
      }
      const { fetch } = guest.prepared[0] ?? {};
      await fetch?.(`https://example.com/${input}`);
      if (input === 3) guest.peer.fail(new Error('the third'));
      return input;
    });
    const inputs = [1, 2, 3, 4];
    const notes = inputs.map((): GuestNote[] => []);
    const asked = inputs.map((): unknown[] => []);
    const reply = { id: 7, status: 204, statusText: '', headers: [], url: 'https://example.com/', redirected: false };
    const outcomes = await Promise.all(
      inputs.map((input, at) =>
        guest.run({
          call: { input, api: ['fs.stat', 'net.fetch'] },
          onNote: (note) => notes[at]?.push(note),
          answer: async (name, [first]) => {
            asked[at]?.push(name === 'net.fetch' ? (first as { url: string }).url : first);
            await turn();
            return name === 'net.fetch' ? reply : {};
          },
        }),
      ),
    );
    expect(notes.map(linesOf)).toEqual(inputs.map((input) => [0, 1, 2].map((step) => `console: ${input} at ${step}`)));
    expect(asked).toEqual(
      inputs.map((input) => [...Array.from({ length: 3 }, () => `${input}`), `https://example.com/${input}`]),
    );
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.error.message))).toEqual([
      1,
      2,
      'the handler failed: the third',
      4,
    ]);
  });

  it('tells of what is left open with the last of them', async () => {
    const release = Promise.withResolvers<void>();
    const guest = await guestOf(async (input: number) => {
      if (input === 2) await release.promise;
      else guest.open.push('Timeout');
    });
    const second = guest.run({ call: { input: 2 } });
    const first = guest.run({ call: { input: 1 } });
    expect((await first).usage.leaked).toEqual([]);
    release.resolve();
    expect((await second).usage.leaked).toEqual(['Timeout']);
    expect(guest.session.guest.isReusable).toBe(false);
  });

  it('fails all of them where nobody can tell whose error it was', async () => {
    const release = Promise.withResolvers<void>();
    const guest = await guestOf(
      async (input: number) => await (input === 1 ? release.promise : new Promise(() => undefined)),
      { limits: { graceMs: 300 } },
    );
    const [first, ...others] = [1, 2, 3].map((input) => guest.run({ call: { input } }));
    await turn();
    release.resolve();
    // It began alone, so that what bears no mark would have been its own.
    expect(await first).toMatchObject({ ok: true });
    guest.peer.fail(new Error('whose'));
    for (const outcome of await Promise.all(others))
      expect(outcome).toMatchObject({ error: { code: 'ERR_HANDLER_FAILED' } });
  });
});
