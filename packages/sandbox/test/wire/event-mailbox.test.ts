import type { EventEnvelope, EventOverflow } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createMailbox } from '../../src/wire/event-mailbox.js';
import type { EventMailbox } from '../../src/wire/event-mailbox.js';

const eventOf = (time: number): EventEnvelope => ({
  id: `${time}`,
  topic: 'a',
  scope: 'execution',
  time,
  sender: { kind: 'host' },
  payload: time,
});

function openMailbox(overflow?: EventOverflow): {
  readonly mailbox: EventMailbox;
  put(...times: number[]): void;
  drops(): number;
} {
  let dropped = 0;
  const onDrop = (): void => void (dropped += 1);
  const mailbox = createMailbox({ queueLimit: 2, overflow, onRoom: () => undefined, onDrop });
  return {
    mailbox,
    put: (...times) => times.forEach((time) => mailbox.put(eventOf(time))),
    drops: () => dropped,
  };
}

async function takeAll(mailbox: EventMailbox, count: number): Promise<unknown[]> {
  const taken = Array.from({ length: count }, async () => (await mailbox.take())?.payload);
  return await Promise.all(taken);
}

describe('a mailbox', () => {
  it('keeps what comes, also beyond its room, while its reader is waited for', async () => {
    const { mailbox, put, drops } = openMailbox();
    put(1, 2, 3);
    expect([mailbox.isFull, mailbox.isStalled]).toEqual([true, false]);
    expect(await takeAll(mailbox, 3)).toEqual([1, 2, 3]);
    expect([mailbox.isFull, drops()]).toEqual([false, 0]);
  });

  it.each<[EventOverflow | undefined, number[]]>([
    [undefined, [4, 5]],
    ['drop-oldest', [4, 5]],
    ['drop-newest', [1, 2, 3]],
    ['reject', [1, 2, 3]],
  ])('that has stalled drops by its policy (%s), and tells so once', async (overflow, kept) => {
    const { mailbox, put, drops } = openMailbox(overflow);
    put(1, 2, 3);
    mailbox.stall();
    put(4, 5);
    expect(await takeAll(mailbox, kept.length)).toEqual(kept);
    expect([mailbox.isStalled, drops()]).toEqual([false, 1]);
  });

  it('gives each of several readers an event of its own', async () => {
    const { mailbox, put } = openMailbox();
    const taken = takeAll(mailbox, 3);
    put(1, 2, 3);
    expect(await taken).toEqual([1, 2, 3]);
  });

  it('that is closed delivers nothing more, and has no lack of room', async () => {
    const { mailbox, put } = openMailbox();
    put(1, 2);
    mailbox.close();
    mailbox.close(new Error('too late'));
    put(3);
    expect(await mailbox.take()).toBeUndefined();
    expect([mailbox.isClosed, mailbox.isFull]).toEqual([true, false]);
  });

  it('that is closed with an error tells it to who waits, and to who comes later', async () => {
    const { mailbox } = openMailbox();
    const waiting = mailbox.take();
    mailbox.close(new Error('refused'));
    await expect(waiting).rejects.toThrow('refused');
    await expect(mailbox.take()).rejects.toThrow('refused');
  });
});
