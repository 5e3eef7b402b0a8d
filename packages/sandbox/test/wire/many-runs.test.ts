import { describe, expect, it } from 'vitest';
import { createError } from '@kb-labs/contracts';
import { done, lastResult, log, result, startGuest } from './scripted-guest.js';
import type { ScriptedGuest } from './scripted-guest.js';

/** What was sent in this turn has left. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const stays = { stays: true, limits: { graceMs: 30 } };

describe('a guest that stays', () => {
  it('serves one run after the other, each with its own number, and is told of its surroundings once', async () => {
    const guest = await startGuest(stays);
    for (const run of [1, 2, 3]) {
      const outcome = guest.run({ call: { input: run } });
      guest.say(log('line', { run }), result(run * 10, run), done({ run }));
      expect(await outcome).toMatchObject({ ok: true, value: run * 10 });
      expect(guest.session.guest.isReusable).toBe(true);
    }
    await turn();
    expect(guest.fate).toEqual(['run', 'run', 'run']);
    expect(guest.heard.map(({ run, realm }) => [run, realm === undefined])).toEqual([
      [1, false],
      [2, true],
      [3, true],
    ]);
    await guest.session.dispose();
    expect(guest.fate.slice(3)).toEqual(['quit', 'close']);
  });

  it('serves several at once, and each hears its own words', async () => {
    const guest = await startGuest(stays);
    const answers: string[] = [];
    const runs = ['a', 'b'].map((name) =>
      guest.run({ answer: (asked) => Promise.resolve(answers.push(`${name} ${asked}`)) }),
    );
    guest.say(
      { t: 'call', run: 2, id: 1, name: 'fs.stat', args: [] },
      { t: 'call', run: 1, id: 2, name: 'fs.list', args: [] },
      result('second', 2),
      done({ run: 2 }),
    );
    expect(await runs[1]).toMatchObject({ ok: true, value: 'second' });
    guest.say(result('first'), done());
    expect(await runs[0]).toMatchObject({ ok: true, value: 'first' });
    expect(answers).toEqual(['b fs.stat', 'a fs.list']);
    expect(guest.session.guest.isReusable).toBe(true);
  });

  it('gets runs that begin in one turn in one piece, save for one that is alone', async () => {
    const guest = await startGuest(stays);
    const runs = [1, 2, 3, 4].map(() => guest.run());
    await turn();
    expect(guest.pieces).toEqual([1, 3]);
    for (const run of [4, 2, 1, 3]) guest.say(lastResult(run, run));
    expect(await Promise.all(runs)).toMatchObject([1, 2, 3, 4].map((value) => ({ ok: true, value })));
  });

  it('gets runs in one piece that follow some that were under way together, and one by itself that follows one', async () => {
    const guest = await startGuest(stays);
    const pieces: number[] = [];
    let last = 0;
    for (const count of [2, 3, 1, 1]) {
      const seen = guest.pieces.length;
      const runs = Array.from({ length: count }, () => guest.run());
      const leftAtOnce = guest.pieces.length - seen;
      await turn();
      pieces.push(leftAtOnce, ...guest.pieces.slice(seen));
      for (const _ of runs) guest.say(lastResult(1, (last += 1)));
      await Promise.all(runs);
    }
    expect(pieces).toEqual([1, 1, 1, 0, 3, 0, 1, 1, 1]);
  });

  it('may say with the result that all is over, and then no more', async () => {
    const guest = await startGuest(stays);
    const first = guest.run();
    guest.say(lastResult('first'));
    expect(await first).toMatchObject({ ok: true, value: 'first', usage: { leaked: [] } });
    expect(guest.session.guest.isReusable).toBe(true);
    const next = guest.run();
    guest.say(done());
    expect(await next).toMatchObject({ error: { code: 'ERR_PROTOCOL' } });
    expect(guest.session.guest.isReusable).toBe(false);
  });

  it('has an output, and calls in flight, for each run', async () => {
    const guest = await startGuest({ ...stays, limits: { maxOutputBytes: 100, maxInFlight: 1 } });
    const runs = [1, 2].map(() => guest.run({ answer: () => new Promise(() => undefined) }));
    const line = 'x'.repeat(84);
    for (const run of [1, 2])
      guest.say(
        log(line, { run }),
        { t: 'call', run, id: run, name: 'hang', args: [] },
        result(run, run),
        done({ run }),
      );
    for (const outcome of await Promise.all(runs))
      expect(outcome).toMatchObject({ ok: true, usage: { outputBytes: 100 } });
    expect(guest.heard.filter(({ t }) => t === 'reply')).toEqual([]);
    expect(guest.notes.map((note) => note.kind === 'log' && note.text)).toEqual([line, line]);
  });

  it('counts the CPU time of each run from the end of the last one', async () => {
    let cpuMs = 0;
    const guest = await startGuest({ ...stays, usage: () => ({ cpuMs: (cpuMs += 10), peakMemoryBytes: 2 }) });
    for (const run of [1, 2]) {
      const outcome = guest.run();
      guest.say(result(1, run), done({ run }));
      expect((await outcome).usage.cpuMs).toBe(10);
    }
  });

  it('is not used again, and ended with its last run, where a run says that something of it is left', async () => {
    const guest = await startGuest(stays);
    const [first, second] = [guest.run(), guest.run()];
    await turn();
    guest.say(result(1), done({ leaked: ['Timeout'], reusable: false }));
    expect(await first).toMatchObject({ ok: true, usage: { leaked: ['Timeout'] } });
    expect([guest.session.guest.isReusable, guest.fate]).toEqual([false, ['run', 'run']]);
    guest.say(result(2, 2), done({ run: 2 }));
    expect(await second).toMatchObject({ ok: true, value: 2 });
    expect(guest.fate).toEqual(['run', 'run', 'quit']);
  });

  it('outlives a run that is aborted, if that ends by itself', async () => {
    const guest = await startGuest({
      ...stays,
      onMessage: (t, self) => {
        if (t === 'abort') self.say(done({ run: 2 }));
      },
    });
    const controller = new AbortController();
    const first = guest.run();
    const second = guest.run({ call: { signal: controller.signal } });
    await turn();
    controller.abort(new Error('enough'));
    expect(await second).toMatchObject({ ok: false, error: { code: 'ERR_ABORTED' } });
    guest.say(result(1), done());
    expect(await first).toMatchObject({ ok: true });
    expect([guest.session.guest.isReusable, guest.fate]).toEqual([true, ['run', 'run', 'abort']]);
  });

  it('does not know a run whose input cannot be sent', async () => {
    const guest = await startGuest(stays);
    expect(await guest.run({ call: { input: () => 1 } })).toMatchObject({ error: { code: 'ERR_INPUT_INVALID' } });
    const next = guest.run();
    guest.say(result(1, 2), done({ run: 2 }));
    expect(await next).toMatchObject({ ok: true });
    expect(guest.heard[0]).toMatchObject({ run: 2, realm: { root: '/plugin' } });
  });
});

describe('a run that brings its guest down', () => {
  const another = {
    ok: false,
    error: { code: 'ERR_SANDBOX_CRASHED', message: expect.stringContaining('another run of the same plugin') },
  };

  it.each<[string, (guest: ScriptedGuest) => void, string]>([
    ['by a second result', (guest) => guest.say(result(1, 2), result(2, 2)), 'none'],
    ['by a second result that says it is the last', (guest) => guest.say(result(1, 2), lastResult(2, 2)), 'none'],
    ['by a last word too early', (guest) => guest.say(done({ run: 2 })), 'ERR_PROTOCOL'],
    [
      'by a track that was not lent',
      (guest) => guest.say({ t: 'track', run: 2, name: 'a', attributes: {} }),
      'ERR_PROTOCOL',
    ],
    [
      'by a flood of lines',
      (guest) => guest.say(...Array.from({ length: 200 }, () => log('x'.repeat(999), { run: 2 }))),
      'ERR_OUTPUT_EXCEEDED',
    ],
  ])('%s has the true error, and the others may be run again', async (_, misbehave, code) => {
    const guest = await startGuest(stays);
    const [innocent, guilty] = [guest.run(), guest.run()];
    await turn();
    misbehave(guest);
    expect(await guilty).toMatchObject(code === 'none' ? { ok: true, value: 1 } : { ok: false, error: { code } });
    expect(await innocent).toMatchObject(another);
    expect(await innocent).toMatchObject({ error: { retryable: true } });
    expect([guest.session.guest.isReusable, guest.fate]).toEqual([false, ['run', 'run', 'quit']]);
  });

  it('by not ending when it is told to has the true error', async () => {
    const guest = await startGuest({ ...stays, onTerminate: (self) => self.die() });
    const controller = new AbortController();
    const innocent = guest.run();
    const guilty = guest.run({ call: { signal: controller.signal } });
    await turn();
    controller.abort();
    expect(await guilty).toMatchObject({ error: { code: 'ERR_ABORTED' } });
    expect(await innocent).toMatchObject(another);
    expect(guest.fate).toEqual(['run', 'run', 'abort', 'terminate', 'quit']);
  });

  it('by not leaving after its result keeps that', async () => {
    const guest = await startGuest(stays);
    const [innocent, guilty] = [guest.run(), guest.run()];
    await turn();
    guest.say(result('kept', 2));
    expect(await guilty).toMatchObject({ value: 'kept', usage: { leaked: ['did not leave within graceMs'] } });
    expect(await innocent).toMatchObject(another);
  });

  it.each<[string, (guest: ScriptedGuest) => void, string]>([
    [
      'memory',
      (guest) => guest.session.guest.fail(createError('ERR_MEMORY_EXCEEDED', 'too much')),
      'ERR_MEMORY_EXCEEDED',
    ],
    ['an exit', (guest) => guest.die(), 'ERR_SANDBOX_CRASHED'],
    ['bytes that are no frame', (guest) => guest.sayBytes(new Uint8Array(100).fill(255)), 'ERR_PROTOCOL'],
    ['words of a run that was never opened', (guest) => guest.say(log('x', { run: 9 })), 'ERR_PROTOCOL'],
  ])('by %s, so that nobody can tell which it was, takes all along with the one error', async (_, end, code) => {
    const guest = await startGuest(stays);
    const runs = [guest.run(), guest.run()];
    end(guest);
    for (const outcome of await Promise.all(runs)) expect(outcome).toMatchObject({ ok: false, error: { code } });
    expect(guest.session.guest.isReusable).toBe(false);
  });

  it.each<[string, (run: number) => object]>([
    ['a line', (run) => log('late', { run })],
    ['a call', (run) => ({ t: 'call', run, id: 9, name: 'fs.stat', args: [] })],
    ['a second result', (run) => result(2, run)],
    ['a second last word', (run) => done({ run })],
    ['a second result that says so', (run) => lastResult(2, run)],
  ])('by %s after it is over ends the next', async (_, word) => {
    const guest = await startGuest(stays);
    const first = guest.run();
    guest.say(result(1), done());
    expect(await first).toMatchObject({ ok: true });
    const next = guest.run();
    guest.say(word(1));
    expect(await next).toMatchObject({
      error: { code: 'ERR_PROTOCOL', message: expect.stringContaining('out of turn') },
    });
  });

  it('while nobody runs leaves a guest that nobody uses again', async () => {
    const guest = await startGuest(stays);
    const first = guest.run();
    guest.say(result(1), done(), log('late'));
    expect(await first).toMatchObject({ ok: true });
    expect(guest.session.guest.isReusable).toBe(false);
  });
});

describe('raw output', () => {
  it('goes to the run that is under way, and of several to the oldest', async () => {
    const guest = await startGuest(stays);
    const notes: string[][] = [[], []];
    const run = (at: number): ReturnType<ScriptedGuest['run']> =>
      guest.run({ onNote: (note) => notes[at]?.push(note.kind === 'log' ? note.text : '') });
    const first = run(0);
    const second = run(1);
    guest.session.guest.raw('stdout', 'one');
    guest.say(result(1), done());
    await first;
    guest.session.guest.raw('stderr', 'two');
    guest.say(result(2, 2), done({ run: 2 }));
    await second;
    guest.session.guest.raw('stdout', 'to nobody');
    expect(notes).toEqual([['one'], ['two']]);
  });
});
