import type { ExecutionEvent, Presenter } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { createProgressDisplay } from '../src/progress-display.js';
import { STAMP } from './stamp.js';

const START: ExecutionEvent = { ...STAMP, type: 'execution-start', handler: 'run', input: undefined };

function progress(message: string, fraction: number | undefined): ExecutionEvent {
  return { ...STAMP, type: 'progress', message, fraction };
}

function collect(isTTY: boolean, events: readonly (readonly [string, ExecutionEvent])[]): readonly string[] {
  const shown: string[] = [];
  const presenter: Presenter = {
    progress: (text) => void shown.push(text),
    message: () => expect.unreachable(),
    json: () => expect.unreachable(),
    error: () => expect.unreachable(),
    confirm: () => expect.unreachable(),
  };
  const display = createProgressDisplay(presenter, isTTY);
  for (const [label, event] of events) display.show(label, event);
  return shown;
}

it('progress on a terminal is one line for all', () => {
  const events = [
    ['one', START],
    ['two', START],
    ['one', progress('a file', 0.5)],
    ['one', progress('another', undefined)],
  ] as const;
  expect(collect(true, events)).toEqual([
    'one 0% waiting',
    'one 0% waiting | two 0% waiting',
    'one 50% a file | two 0% waiting',
    'one 50% another | two 0% waiting',
  ]);
});

describe('progress elsewhere', () => {
  it('is a line for each quarter', () => {
    const events = Array.from({ length: 101 }, (_, count) => ['one', progress(`file ${count}`, count / 100)] as const);
    expect(collect(false, events)).toEqual([0, 25, 50, 75, 100].map((count) => `one: ${count}% file ${count}`));
  });

  it('escapes what a guest says', () => {
    expect(collect(false, [['one', progress('\u001b[2J\nforged', undefined)]])).toEqual([
      `one: 0% ${String.raw`\u{1b}[2J\nforged`}`,
    ]);
  });
});
