import { stripVTControlCharacters } from 'node:util';
import * as fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { renderTraceTree } from '../src/index.js';
import { nestedRuns, refused, runEvents, traced, TRACE_ID } from './traced-runs.js';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

describe('the tree of a trace', () => {
  it('shows what ran below what, how long, when, and how it failed', () => {
    expect(`\n${renderTraceTree(traced(nestedRuns()))}`).toBe(`
trace 0af7651916cd43dd8448eb211c80319c  82.0 ms  2 runs (1 failed)  5 host calls
@acme/review ./review.js#handle                 82.0 ms  ████████████████████  ok
├─ prepare                                       1.0 ms  ▏
├─ sandbox                                      19.0 ms  █████
├─ handler                                      60.0 ms      ████████████████  43.0 ms in 4 calls, 2 at once
│  ├─ fs.readFile notes/a.txt                    6.0 ms       ██
│  ├─ fs.readFile notes/b.txt                    6.0 ms       ███              beside 1 other
│  ├─ fs.readFile /etc/passwd                   <0.1 ms         ▏              ERR_PERMISSION_DENIED
│  │     fs access to "/etc/passwd" is denied: outside-root
│  └─ invoke.call @acme/report@^1:render        35.0 ms           ██████████
│     └─ @acme/report ./render.js#render        30.0 ms            ████████    ERR_HANDLER_FAILED
│        │  the handler failed: password=[redacted]
│        ├─ sandbox                              2.0 ms            ▏
│        └─ handler                             28.0 ms            ████████    ERR_HANDLER_FAILED, 4.0 ms in …
│           └─ artifacts.write artifact://se…    4.0 ms              ██
└─ output                                        2.0 ms                     ▏
`);
  });

  it('fits into the width that there is, however long the names are', () => {
    const call = { name: 'fs.readFile', args: ['ä'.repeat(300)], at: 21, ms: 1 };
    const wide = { name: 'fs.readFile', args: ['漢'.repeat(90)], at: 21, ms: 1 };
    const bad = { ...call, outcome: refused('ERR_IO_FAILED', 'x'.repeat(1000)) };
    const events = runEvents({ executionId: 'a', handler: './h.js'.repeat(50), calls: [call, wide, bad] });
    for (const width of [40, 60, 89, 90, 110, 200]) {
      const lines = renderTraceTree(traced(events), { width }).split('\n');
      expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
    }
  });

  it('lets no text of a plugin reach the terminal as anything but text', () => {
    const hostile = fc.string({ unit: codePoint, minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(hostile, hostile, (handler, target) => {
        const outcome = refused('ERR_IO_FAILED', target);
        const calls = [
          { name: 'fs.readFile', args: [`${target}\u001b[2J\u202e\r\n[fake] ok`], at: 21, ms: 1, outcome },
        ];
        const trace = traced(runEvents({ executionId: 'a', handler, calls }));
        const text = renderTraceTree(trace);
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(text.split('\n').length).toBe(7);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('takes a guest that listens no more for no failure', () => {
    const outcome = refused('ERR_ABORTED', 'the host call was aborted by its signal');
    const calls = [{ name: 'events.next', args: [], at: 21, ms: 1, outcome }];
    const text = renderTraceTree(traced(runEvents({ executionId: 'a', handler: './h.js', calls })));
    expect(text).toContain('events.next');
    expect(text).not.toContain('ERR_ABORTED');
  });

  it('says the same in colours', () => {
    const trace = traced(nestedRuns());
    const coloured = renderTraceTree(trace, { colour: true });
    const plain = (text: string): string[] => text.split('\n').map((line) => line.trimEnd());
    expect(plain(stripVTControlCharacters(coloured))).toEqual(plain(renderTraceTree(trace)));
    expect(coloured).toContain('\u001b[31m');
  });

  it('puts what is too much on a line of its own, and counts what was not kept', () => {
    const calls = Array.from({ length: 60 }, (_, index) => ({
      name: index % 2 === 0 ? 'fs.readFile' : 'fs.stat',
      args: [`${index}`],
      at: 21 + index / 2,
      ms: 0.4,
      ...(index === 50 ? { outcome: refused('ERR_IO_FAILED', 'no') } : {}),
    }));
    const lines = renderTraceTree(traced(runEvents({ executionId: 'a', calls }), { maxSpans: 58 }), { maxCalls: 10 });
    expect(lines.split('\n').filter((line) => line.includes('fs.')).length).toBe(11);
    expect(lines).toContain('… 45 more calls: fs.readFile, fs.stat');
    expect(lines).toContain('1 failed');
    expect(lines).toContain('… 5 spans not kept');
  });

  it('shows a run that is under way', () => {
    const text = renderTraceTree(traced(runEvents({ executionId: 'a' }).slice(0, 4)));
    expect(text.split('\n').map((line) => line.replaceAll(/\s+/g, ' ').replace(/█+/, '#').trim())).toEqual([
      `trace ${TRACE_ID} running 1 run 0 host calls`,
      '@acme/review ./review.js#handle running #',
      '├─ sandbox 20.0 ms #',
      '└─ handler running #',
      '',
    ]);
  });

  it.each([[{ width: 39 }], [{ maxCalls: 0 }], [{ color: true }]])('refuses the options %j', (options) => {
    expect(() => Reflect.apply(renderTraceTree, undefined, [traced(nestedRuns()), options])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });
});
