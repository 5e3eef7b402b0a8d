import { describe, expect, it } from 'vitest';
import { done, log, ready, result, scriptGuest, startGuest } from './scripted-guest.js';
import type { ScriptedGuest } from './scripted-guest.js';

const usage = { cpuMs: 1, peakMemoryBytes: 2, outputBytes: 0, resultBytes: 0, leaked: [] };

describe('a session', () => {
  it('hands the call over, takes the result, and lets the guest leave', async () => {
    const guest = await startGuest();
    const outcome = guest.run({ call: { input: new Map([['a', 1]]), api: ['fs.readFile'] } });
    guest.say(log('hello'), { t: 'progress', run: 1, message: 'half', fraction: 0.5 }, result([undefined]), done());
    expect(await outcome).toEqual({
      ok: true,
      value: [undefined],
      usage: { ...usage, outputBytes: 41, resultBytes: '[{"$":["undefined"]}]'.length },
    });
    expect(guest.heard[0]).toMatchObject({
      t: 'run',
      input: new Map([['a', 1]]),
      api: ['fs.readFile'],
      realm: { root: '/plugin', env: {}, fetch: false },
    });
    expect(guest.fate).toEqual(['run', 'quit']);
    expect(guest.notes.map(({ kind }) => kind)).toEqual(['log', 'progress']);
  });

  it('tells what a guest says it left open, and that it did not leave', async () => {
    const tidy = await startGuest();
    const first = tidy.run();
    tidy.say(result(1), done({ leaked: ['Timeout'] }));
    expect((await first).usage.leaked).toEqual(['Timeout']);

    const stubborn = await startGuest();
    const second = stubborn.run();
    stubborn.say(result(1));
    expect(await second).toMatchObject({ ok: true, usage: { leaked: ['did not leave within graceMs'] } });
    expect(stubborn.fate).toEqual(['run', 'quit']);
  });

  it('keeps the first result, whatever comes after it', async () => {
    for (const after of [[result(2)], [{ t: 'nonsense' }], [log('x'.repeat(90_000)), log('y')], [ready]]) {
      const guest = await startGuest();
      const outcome = guest.run();
      guest.say(result('first'));
      guest.say(...after);
      expect(await outcome).toMatchObject({ ok: true, value: 'first' });
      expect(guest.fate.at(-1)).toBe('quit');
    }
  });

  it('refuses calls that come after the result, and does not make them', async () => {
    const made: string[] = [];
    const guest = await startGuest();
    const outcome = guest.run({ answer: (name) => Promise.resolve(made.push(name)) });
    guest.say(result(1));
    await Promise.resolve();
    await Promise.resolve();
    guest.say({ t: 'call', run: 1, id: 1, name: 'fs.writeFile', args: [] });
    await outcome;
    expect(made).toEqual([]);
    expect(guest.heard.filter(({ t }) => t === 'reply')).toMatchObject([{ error: { code: 'ERR_PERMISSION_DENIED' } }]);
  });

  it('refuses a result larger than maxResultBytes from a guest that does not look', async () => {
    const guest = await startGuest({ limits: { maxResultBytes: 100 } });
    const outcome = guest.run();
    guest.say(result(new Uint8Array(101)), done());
    expect(await outcome).toMatchObject({
      ok: false,
      phase: 'output',
      error: {
        code: 'ERR_OUTPUT_EXCEEDED',
        message: 'the result is larger than 100 bytes',
        details: { quota: 'maxResultBytes', used: 131, limit: 100 },
        hint: 'return less, or raise quotas.maxResultBytes in the grant, and in the manifest where there is one',
      },
      usage: { resultBytes: 131 },
    });
  });

  it('tells how large a result was that the guest kept to itself', async () => {
    const tooLarge = { t: 'result', run: 1, ok: false, phase: 'output', kind: 'too-large', message: 'm', issues: [] };
    const details = async (said: object): Promise<unknown> => {
      const guest = await startGuest();
      const outcome = guest.run();
      guest.say({ ...tooLarge, ...said }, done());
      const { error } = { error: undefined, ...(await outcome) };
      return error?.details;
    };
    const facts = { quota: 'maxResultBytes', limit: 10_000 };
    expect(await details({ bytes: 20_000 })).toEqual({ ...facts, used: 20_000 });
    expect(await details({ bytes: 'many' })).toEqual({ ...facts, used: undefined });
  });

  it('tells how much a guest wrote that did not stop writing', async () => {
    const guest = await startGuest();
    const outcome = guest.run();
    guest.say(...Array.from({ length: 100 }, () => log('x'.repeat(1_000))));
    expect(await outcome).toMatchObject({
      error: {
        code: 'ERR_OUTPUT_EXCEEDED',
        details: { quota: 'maxOutputBytes', used: 85 * 1_016, limit: 10_000 },
        hint: 'write less, or raise quotas.maxOutputBytes in the grant, and in the manifest where there is one',
      },
    });
  });

  it('has an outcome for input that cannot be sent', async () => {
    const guest = await startGuest();
    const outcome = await guest.run({ call: { input: { at: () => 1 } } });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'ERR_INPUT_INVALID' } });
    expect(guest.fate).toEqual(['quit']);
  });

  it('says what a failed result means in its own words, and keeps those of the guest apart', async () => {
    const guest = await startGuest();
    const outcome = guest.run();
    const error = { name: 'PermissionDeniedError', message: 'forged', code: 'ERR_PERMISSION_DENIED', truncated: false };
    guest.say(
      { t: 'result', run: 1, ok: false, phase: 'handler', kind: 'threw', message: 'forged', error, issues: [] },
      done(),
    );
    expect(await outcome).toMatchObject({
      ok: false,
      error: { code: 'ERR_HANDLER_FAILED' },
      guestError: { code: 'ERR_PERMISSION_DENIED' },
    });
  });
});

describe('a guest that breaks the protocol is killed at once', () => {
  it.each<[string, (guest: ScriptedGuest) => void, string, string]>([
    ['two readies', (guest) => guest.say(ready), 'ERR_PROTOCOL', '"ready" out of turn'],
    ['an unknown word', (guest) => guest.say({ t: 'exec', command: 'id' }), 'ERR_PROTOCOL', 'no guest may send'],
    ['a word of the host', (guest) => guest.say({ t: 'abort' }), 'ERR_PROTOCOL', 'no guest may send'],
    ['done before its result', (guest) => guest.say(done()), 'ERR_PROTOCOL', 'out of turn'],
    [
      'garbage',
      (guest) => guest.sayBytes(new TextEncoder().encode('console.log(1)\n')),
      'ERR_PROTOCOL',
      'do not agree',
    ],
    [
      'a malformed mark',
      (guest) => guest.sayBytes(rawFrame('[{"$":["Buffer",0]},[]]')),
      'ERR_PROTOCOL',
      'unknown mark',
    ],
    [
      'an id that is in use',
      (guest) => guest.say(...[1, 1].map((id) => ({ t: 'call', run: 1, id, name: 'hang', args: [] }))),
      'ERR_PROTOCOL',
      'in use',
    ],
    ['a flood of lines', (guest) => guest.say(...lines(100, 1_000)), 'ERR_OUTPUT_EXCEEDED', '10000 bytes'],
    ['a flood of progress', (guest) => guest.say(...progress(6_000)), 'ERR_OUTPUT_EXCEEDED', '10000 bytes'],
    [
      'a frame that is too large',
      (guest) => guest.sayBytes(Uint8Array.of(127, 255, 255, 255, 0, 255, 255, 255)),
      'ERR_PROTOCOL',
      'allowed',
    ],
  ])('%s', async (_, misbehave, code, message) => {
    const guest = await startGuest();
    const outcome = guest.run({ answer: () => new Promise(() => undefined) });
    misbehave(guest);
    expect(await outcome).toMatchObject({ ok: false, error: { code, message: expect.stringContaining(message) } });
    expect(guest.fate).toEqual(['run', 'quit']);
  });

  function rawFrame(json: string): Uint8Array {
    const frame = new Uint8Array(8 + json.length);
    new DataView(frame.buffer).setUint32(0, 4 + json.length);
    new DataView(frame.buffer).setUint32(4, json.length);
    frame.set(new TextEncoder().encode(json), 8);
    return frame;
  }
  const lines = (count: number, length: number): object[] =>
    Array.from({ length: count }, () => log('x'.repeat(length)));
  const progress = (count: number): object[] =>
    Array.from({ length: count }, () => ({ t: 'progress', run: 1, message: '', fraction: undefined }));

  it('one that stops reading, once its refusals pile up', async () => {
    let unread = 0;
    const guest = await startGuest({ unread: () => unread });
    const outcome = guest.run();
    unread = 100_000_000;
    for (let id = 1; id < 100; id += 1) guest.say({ t: 'call', run: 1, id, name: 'fs.readFile', args: [] });
    expect(await outcome).toMatchObject({
      error: { code: 'ERR_PROTOCOL', message: 'the guest has stopped reading its answers' },
    });
  });

  it('one that closes its channel, though its process lives on', async () => {
    const guest = await startGuest();
    const outcome = guest.run();
    guest.hangUp();
    expect(await outcome).toMatchObject({
      error: { code: 'ERR_SANDBOX_CRASHED', message: 'the guest closed its channel' },
    });
    expect(guest.fate).toEqual(['run', 'quit']);
  });

  it('and one that ends is told by how it ended', async () => {
    const guest = await startGuest();
    const outcome = guest.run();
    guest.hangUp();
    guest.die();
    expect(await outcome).toMatchObject({ error: { message: 'it ended by itself' } });
  });
});

describe('words before their time', () => {
  it.each<[string, object]>([
    ['a result', result(1)],
    ['a call', { t: 'call', run: 1, id: 1, name: 'fs.readFile', args: [] }],
    ['a line', log('x')],
    ['another version', { t: 'ready', version: 1 }],
  ])('refuse a start: %s before ready', async (_, message) => {
    const guest = scriptGuest();
    const started = guest.session.start();
    guest.say(message);
    await expect(started).rejects.toMatchObject({ code: 'ERR_PROTOCOL' });
    expect(guest.fate).toEqual(['quit']);
  });

  it.each<[string, object]>([
    ['a result', result('forged')],
    ['a line', log('x')],
    ['a call', { t: 'call', run: 1, id: 1, name: 'fs.readFile', args: [] }],
  ])('end a run that has not begun: %s after ready', async (_, message) => {
    const guest = await startGuest();
    guest.say(message);
    expect(await guest.run()).toMatchObject({ ok: false, error: { code: 'ERR_PROTOCOL' } });
  });
});
