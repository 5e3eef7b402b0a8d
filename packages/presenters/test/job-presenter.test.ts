import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJobPresenter } from '../src/job-presenter.js';
import { hostileText, OBEYED, RUNS } from './hostile-text.js';

const clock = { now: () => 1_700_000_000_000 };
const at = clock.now();
const never = new AbortController().signal;

describe('the record of a job', () => {
  it('holds what was shown, in order', async () => {
    const presenter = createJobPresenter({ clock });
    presenter.message('hello\nworld', 'info');
    presenter.progress('one', 0.1);
    presenter.progress('two', 2);
    presenter.json({ a: 1 });
    presenter.error({ message: 'it broke', code: 'ERR_X' });
    expect(await presenter.confirm('Delete?', never)).toBe(false);
    expect(presenter.entries()).toEqual([
      { at, kind: 'message', text: String.raw`hello\nworld`, level: 'info' },
      { at, kind: 'progress', text: 'two', fraction: 1 },
      { at, kind: 'json', json: '{"a":1}' },
      { at, kind: 'error', message: 'it broke', code: 'ERR_X', hint: undefined },
      { at, kind: 'confirm', question: 'Delete?', answer: false },
    ]);
    expect(presenter.dropped).toBe(0);
  });

  it('holds one line for each, whatever the text is', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const presenter = createJobPresenter({ clock });
        presenter.message(text, 'warn');
        presenter.progress(text, undefined);
        presenter.json([text]);
        presenter.error({ message: text, code: text, hint: text });
        void presenter.confirm(text, never);
        const shown = presenter
          .entries()
          .flatMap((entry) => Object.values(entry))
          .map(String);
        for (const value of shown) expect(value).not.toMatch(OBEYED);
      }),
      RUNS,
    );
  });

  it('forgets the oldest beyond its limits, and counts them', () => {
    const few = createJobPresenter({ maxEntries: 2, clock });
    for (const text of ['a', 'b', 'c', 'd']) few.message(text, 'info');
    expect([few.entries().map((entry) => 'text' in entry && entry.text), few.dropped]).toEqual([['c', 'd'], 2]);
    const small = createJobPresenter({ maxBytes: 1_000, clock });
    for (let n = 0; n < 1_000; n += 1) small.message(`${n}`, 'info');
    expect(Buffer.byteLength(JSON.stringify(small.entries()))).toBeLessThan(1_020);
    expect(small.entries().length + small.dropped).toBe(1_000);
    small.message('x'.repeat(2_000), 'info');
    expect([small.entries(), small.dropped]).toEqual([[], 1_001]);
  });

  it('cannot be changed by who reads it', () => {
    const presenter = createJobPresenter({ clock });
    presenter.message('a', 'info');
    const entries = presenter.entries();
    expect(Object.isFrozen(entries[0])).toBe(true);
    presenter.message('b', 'info');
    expect([entries.length, presenter.entries().length]).toEqual([1, 2]);
  });

  it.each([{ maxEntries: 0 }, { maxEntries: 1.5 }, { maxBytes: -1 }, { maxBytes: Number.NaN }, { maxEntry: 1 }])(
    'refuses %o',
    (options) => {
      expect(() => createJobPresenter(options)).toThrow(
        expect.objectContaining({
          code: 'ERR_CONFIG_INVALID',
          details: { pointer: `/${Object.keys(options)[0] ?? ''}` },
        }),
      );
    },
  );
});
