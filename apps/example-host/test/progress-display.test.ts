import type { ExecutionEvent } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { createProgressDisplay } from '../src/progress-display.js';

const STAMP = { executionId: 'e', traceId: 't', pluginId: 'p', seq: 0, time: 0 };
const START: ExecutionEvent = { ...STAMP, type: 'execution-start', handler: 'run' };

function progress(message: string, fraction: number | undefined): ExecutionEvent {
  return { ...STAMP, type: 'progress', message, fraction };
}

function collect(isTTY: boolean, show: (display: ReturnType<typeof createProgressDisplay>) => void): readonly string[] {
  const written: string[] = [];
  {
    using display = createProgressDisplay({ isTTY, columns: 30, write: (text) => written.push(text) });
    show(display);
  }
  return written;
}

describe('progress on a terminal', () => {
  it('is one line that is rewritten, fits, and is gone at the end', () => {
    const written = collect(true, (display) => {
      display.show('one', START);
      display.show('a run with a long name', START);
    });
    expect(written).toEqual(['\r\u001b[2Kone 0% waiting', '\r\u001b[2Kone 0% waiting | a run wit...', '\r\u001b[2K']);
  });

  it('is not rewritten for each of a thousand messages', () => {
    const written = collect(true, (display) => {
      display.show('one', START);
      for (let count = 0; count < 1000; count += 1) display.show('one', progress(`step ${count}`, count / 1000));
    });
    expect(written.length).toBeLessThan(100);
  });
});

describe('progress elsewhere', () => {
  it('is a line for each quarter', () => {
    const written = collect(false, (display) => {
      for (let count = 0; count <= 100; count += 1) display.show('one', progress(`file ${count}`, count / 100));
    });
    expect(written).toEqual([0, 25, 50, 75, 100].map((count) => `one: ${count}% file ${count}\n`));
  });

  it('escapes what a guest says', () => {
    const written = collect(false, (display) => display.show('one', progress('\u001b[2J\nforged', undefined)));
    expect(written).toEqual([`one: 0% ${String.raw`\u{1b}[2J\nforged`}\n`]);
  });
});
