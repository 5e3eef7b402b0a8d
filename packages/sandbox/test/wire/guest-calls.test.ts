import { describe, expect, it } from 'vitest';
import { decodeValue } from '../../src/wire/decode-value.js';
import { createFrameDecoder } from '../../src/wire/frame-decoder.js';
import { createFrameSender } from '../../src/wire/frame-sender.js';
import { createCallTable } from '../../src/wire/guest-calls.js';
import type { CallTable } from '../../src/wire/guest-calls.js';
import { DEFAULT_WIRE_LIMITS } from '../../src/wire/limits.js';

const limits = { ...DEFAULT_WIRE_LIMITS, maxInFlight: 2, maxCallJsonBytes: 10_000, maxBinaryBytes: 20_000 };

interface Scene {
  readonly table: CallTable;
  readonly sent: { readonly t: string; readonly id: number; readonly name?: string }[];
  answer(id: number): void;
}

function openTable(): Scene {
  const sent: Scene['sent'] = [];
  const decoder = createFrameDecoder(DEFAULT_WIRE_LIMITS);
  let lastId = 0;
  const sender = createFrameSender({
    send(bytes) {
      for (const message of decoder.push(bytes)) sent.push(decodeValue(message) as Scene['sent'][number]);
    },
    sendsViews: true,
  });
  const table = createCallTable({ run: 7, limits, nextId: () => (lastId += 1), sender, isOver: () => false });
  return { table, sent, answer: (id) => table.settle({ id, ok: true, value: id }) };
}

const throwing = {
  get x() {
    throw new Error('said no');
  },
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Lets everything run that waits for nothing but its turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the call table of a guest', () => {
  it('sends no more than maxInFlight at a time, and the others in their order', async () => {
    const { table, sent, answer } = openTable();
    const calls = ['a', 'b', 'c', 'd', 'e'].map((name) => table.call(name, [], undefined));
    await turn();
    expect(sent.map(({ name }) => name)).toEqual(['a', 'b']);
    answer(2);
    await calls[1];
    await turn();
    expect(sent.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    for (const id of [1, 3, 4, 5]) {
      answer(id);
      await turn();
    }
    expect(await Promise.all(calls)).toEqual([1, 2, 3, 4, 5]);
    expect(sent).toHaveLength(5);
  });

  it('goes on when calls were cancelled while they waited', async () => {
    const { table, sent, answer } = openTable();
    const controller = new AbortController();
    const open = [table.call('a', [], undefined), table.call('b', [], undefined)];
    const waiting = Array.from({ length: 5 }, () => table.call('never', [], controller.signal));
    const last = table.call('last', [], undefined);
    await turn();
    controller.abort(new Error('changed my mind'));
    answer(1);
    const ends = await Promise.allSettled(waiting);
    expect(ends.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'rejected'));
    answer(2);
    answer(3);
    expect(await Promise.all([...open, last])).toEqual([1, 2, 3]);
    expect(sent.map(({ name }) => name)).toEqual(['a', 'b', 'last']);
  });

  it('tells the host of a cancelled call once, and takes its answer', async () => {
    const { table, sent } = openTable();
    const controller = new AbortController();
    const call = table.call('a', [], controller.signal);
    await turn();
    controller.abort();
    const error = { code: 'ERR_ABORTED', message: 'cancelled', hint: undefined, details: { a: 1 } };
    table.settle({ id: 1, ok: false, error });
    await expect(call).rejects.toMatchObject({ name: 'PluginError', ...error });
    expect(sent.map(({ t, id }) => [t, id])).toEqual([
      ['call', 1],
      ['cancel', 1],
    ]);
  });

  it.each<[string, unknown, object]>([
    ['what cannot be sent', () => 1, { code: 'ERR_INVALID_ARGUMENT', details: { path: '/args/0' } }],
    ['a getter that throws', throwing, { code: 'ERR_INVALID_ARGUMENT', message: expect.stringContaining('said no') }],
    ['a revoked proxy', revoked(), { code: 'ERR_INVALID_ARGUMENT' }],
    ['too much text', 'x'.repeat(11_000), { code: 'ERR_INVALID_ARGUMENT', details: { limitBytes: 20_000 } }],
    ['too many bytes', new Uint8Array(21_000), { code: 'ERR_INVALID_ARGUMENT', details: { limitBytes: 20_000 } }],
  ])('refuses %s before it leaves, and its place is free again', async (_, argument, error) => {
    const { table, sent, answer } = openTable();
    for (let index = 0; index < 5; index += 1) {
      await expect(table.call('a', [argument], undefined)).rejects.toMatchObject(error);
    }
    const call = table.call('fine', [], undefined);
    await turn();
    expect(sent.map(({ name }) => name)).toEqual(['fine']);
    answer(sent[0]?.id ?? 0);
    await call;
  });

  it('ignores answers to what it did not ask', () => {
    const { answer } = openTable();
    expect(() => answer(99)).not.toThrow();
  });
});
