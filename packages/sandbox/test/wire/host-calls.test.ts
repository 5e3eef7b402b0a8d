import { describe, expect, it } from 'vitest';
import { createError } from '@kb-labs/contracts';
import type { SandboxHost } from '@kb-labs/contracts';
import { encodeValue } from '../../src/wire/encode-value.js';
import { binaryBytesOf, frameText } from '../../src/wire/frame.js';
import { createHostCalls } from '../../src/wire/host-calls.js';
import type { HostCalls } from '../../src/wire/host-calls.js';
import type { HostReply } from '../../src/wire/messages.js';

type Answer = SandboxHost['call'];

interface Scene {
  readonly calls: HostCalls;
  readonly sent: HostReply[];
  /** How often a call was one too many. */
  floods(): number;
  /** Resolves when so many replies were sent. */
  replies(count: number): Promise<HostReply[]>;
}

const hang: Answer = () => new Promise(() => undefined);

function openCalls(maxInFlight: number, answer: Answer = hang): Scene {
  const host = { call: answer, note: () => undefined };
  const sent: HostReply[] = [];
  const waits: (() => void)[] = [];
  let flood = 0;
  const send = (message: HostReply): void => {
    encodeValue(message);
    sent.push(message);
    for (const wake of waits) wake();
  };
  const calls = createHostCalls({ host, maxInFlight, send, isBehind: () => false, onFlood: () => (flood += 1) });
  return {
    calls,
    sent,
    floods: () => flood,
    replies: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (sent.length >= count) resolve(sent);
        };
        waits.push(look);
        look();
      }),
  };
}

const call = (id: number, ...args: unknown[]) => ({ t: 'call', id, name: 'test.echo', args }) as const;
const refusal = (id: number, code: string, message: string, more: object = {}): object => ({
  id,
  ok: false,
  error: { code, message, hint: undefined, details: {}, ...more },
});

describe('the calls of a guest', () => {
  it('are answered under their own ids, in the order in which they end', async () => {
    const first = Promise.withResolvers<string>();
    const { calls, replies } = openCalls(4, (_, [what]) => (what === 'slow' ? first.promise : Promise.resolve(what)));
    calls.begin(call(1, 'slow'));
    calls.begin(call(2, 'fast'));
    await replies(1);
    first.resolve('done');
    expect(await replies(2)).toEqual([
      { id: 2, ok: true, value: 'fast' },
      { id: 1, ok: true, value: 'done' },
    ]);
  });

  it('are answered with bytes that travel beside the JSON', async () => {
    const { calls, replies } = openCalls(1, () => Promise.resolve(new Uint8Array(262_144).fill(0x22)));
    calls.begin({ t: 'call', id: 1, name: 'artifacts.readChunk', args: [1] });
    const [reply] = await replies(1);
    const message = encodeValue({ t: 'reply', run: 1, ...reply });
    expect(binaryBytesOf(message)).toBe(262_144);
    expect(frameText(message).length).toBeLessThan(100);
  });

  it('that wait for events take no place, and there is one of them', async () => {
    const ends: ((value: unknown) => void)[] = [];
    const { calls, sent, replies } = openCalls(1, (name) =>
      name === 'events.next' ? new Promise((resolve) => ends.push(resolve)) : Promise.resolve('answer'),
    );
    const next = (id: number) => ({ t: 'call', id, name: 'events.next', args: [] }) as const;
    calls.begin(next(1));
    calls.begin(next(2));
    calls.begin(call(3));
    expect(await replies(2)).toEqual([
      refusal(2, 'ERR_INVALID_ARGUMENT', '"events.next" is under way already: one call serves all subscriptions', {
        hint: 'await its answer before the next one',
      }),
      { id: 3, ok: true, value: 'answer' },
    ]);
    ends[0]?.([]);
    await replies(3);
    calls.begin(next(4));
    ends[1]?.([]);
    await replies(4);
    expect(sent.slice(2)).toEqual([1, 4].map((id) => ({ id, ok: true, value: [] })));
  });

  it('beyond maxInFlight are refused, and room comes back only when a call has ended', async () => {
    const ends: ((value: unknown) => void)[] = [];
    const { calls, sent, replies } = openCalls(2, () => new Promise((resolve) => ends.push(resolve)));
    for (const id of [1, 2, 3]) calls.begin(call(id));
    calls.cancel(1);
    calls.begin(call(4));
    const details = { quota: 'maxInFlight', used: 2, limit: 2 };
    const hint =
      'await a call before making the next, or raise quotas.maxInFlight in the grant, and in the manifest where there is one';
    const full = (id: number): object =>
      refusal(id, 'ERR_QUOTA_EXCEEDED', '2 calls are in flight already', { details, hint });
    expect(sent).toEqual([full(3), full(4)]);
    ends[0]?.('ended');
    await replies(3);
    calls.begin(call(5));
    expect(ends).toHaveLength(3);
  });

  it('in a flood of ten thousand reach the host no more than maxInFlight at a time', () => {
    let reached = 0;
    const { calls, sent, floods } = openCalls(16, () => {
      reached += 1;
      return new Promise(() => undefined);
    });
    for (let id = 1; id <= 10_000; id += 1) calls.begin(call(id));
    expect([reached, sent.length]).toEqual([16, 1_000]);
    expect(floods()).toBe(8_984);
  });

  it('tell the host when they are cancelled, and nobody else', () => {
    const signals: AbortSignal[] = [];
    const { calls } = openCalls(4, (_name, _args, signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    calls.begin(call(1));
    calls.begin(call(2));
    calls.cancel(2);
    calls.cancel(77);
    expect(signals.map((signal) => signal.aborted)).toEqual([false, true]);
    expect(signals[1]?.reason).toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('may not share an id while one is open', async () => {
    const { calls, replies } = openCalls(4, () => Promise.resolve(1));
    calls.begin(call(1));
    expect(() => calls.begin(call(1))).toThrow(TypeError);
    await replies(1);
    calls.begin(call(1));
    expect(await replies(2)).toHaveLength(2);
  });

  it('after a run are refused, and those under way are aborted and not answered', async () => {
    const over = refusal(1, 'ERR_PERMISSION_DENIED', 'the run is over: its context is revoked', {
      details: { reason: 'run-over' },
      hint: 'await every host call before the handler returns',
    });
    const open = Promise.withResolvers<string>();
    let signal: AbortSignal | undefined;
    const late = openCalls(4, (_name, _args, given) => {
      signal = given;
      return open.promise;
    });
    late.calls.begin(call(7));
    late.calls.close();
    expect(signal?.aborted).toBe(true);
    open.resolve('too late');
    await open.promise;
    late.calls.begin(call(1));
    expect(late.sent).toEqual([over]);
  });
});

describe('a call that fails on the host', () => {
  const details = { reason: 'no-rule' };

  it.each<[string, Answer, object]>([
    [
      'with an error of ours: code, message, hint and details, no stack',
      () =>
        Promise.reject(createError('ERR_PERMISSION_DENIED', 'no', { details, hint: 'ask', cause: new Error('/etc') })),
      { id: 1, ok: false, error: { code: 'ERR_PERMISSION_DENIED', message: 'no', hint: 'ask', details } },
    ],
    [
      'with any other: nothing of what it says',
      () => Promise.reject(new Error('ENOENT /home/host/.secret')),
      refusal(1, 'ERR_INTERNAL', '"test.echo" failed on the host'),
    ],
    [
      'before it gives a promise',
      () => {
        throw new Error('at once');
      },
      refusal(1, 'ERR_INTERNAL', '"test.echo" failed on the host'),
    ],
    [
      'with an answer that cannot be sent',
      () => Promise.resolve({ handle: () => 1 }),
      refusal(1, 'ERR_INTERNAL', 'the answer of "test.echo" cannot be sent'),
    ],
    [
      'with an answer that is too large to be sent',
      () => Promise.resolve(Array.from({ length: 100_000 }, (_, index) => ({ name: `file-${index}`, type: 'file' }))),
      refusal(
        1,
        'ERR_OUTPUT_EXCEEDED',
        'the answer of "test.echo" has more than 200000 elements, which one message cannot carry',
        { hint: 'ask for less at a time, for example one folder or page after the other' },
      ),
    ],
    [
      'with details that cannot be sent: without them',
      () => Promise.reject(createError('ERR_QUOTA_EXCEEDED', 'full', { details: { url: new URL('file:///') } })),
      refusal(1, 'ERR_QUOTA_EXCEEDED', 'full'),
    ],
  ])('%s', async (_, answer, reply) => {
    const { calls, replies } = openCalls(4, answer);
    calls.begin(call(1));
    expect(await replies(1)).toEqual([reply]);
  });
});
