import type { GuestNote } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createGuestLogBook } from '../src/guest-log.js';

const clock = { now: () => 7, monotonic: () => 0 };

function line(text: string, fields: Readonly<Record<string, unknown>> = {}): Extract<GuestNote, { kind: 'log' }> {
  return { kind: 'log', level: 'info', source: 'log', text, fields };
}

describe('createGuestLogBook', () => {
  it('keeps lines as they came, with the time of the host', () => {
    const book = createGuestLogBook(100, clock);
    book.add(line('one', { n: 1 }));

    expect(book.records).toEqual([{ time: 7, level: 'info', source: 'log', text: 'one', fields: { n: 1 } }]);
  });

  it('cuts once at the limit, with a marker of its own', () => {
    const book = createGuestLogBook(10, clock);
    book.add(line('12345'));
    expect(book.add(line('äöü'))?.source).toBe('sandbox');
    expect(book.add(line(''))).toBeUndefined();

    expect(book.records.map((record) => [record.level, record.source, record.text])).toEqual([
      ['info', 'log', '12345'],
      ['warn', 'sandbox', 'the output was cut here: at most 10 bytes and 20000 lines are kept'],
    ]);
  });

  it('counts fields as well, and leaves out those that are no JSON data', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const book = createGuestLogBook(10, clock);
    book.add(line('a', circle));
    book.add(line('b', { n: 1n }));
    book.add(line('c', { text: 'long enough' }));

    expect(book.records.map((record) => [record.source, record.fields])).toEqual([
      ['log', {}],
      ['log', {}],
      ['sandbox', {}],
    ]);
  });

  it('does not keep empty lines without end', () => {
    const book = createGuestLogBook(1_000_000, clock);
    for (let count = 0; count < 100_000; count += 1) book.add(line(''));
    expect(book.records).toHaveLength(20_001);
  });
});
