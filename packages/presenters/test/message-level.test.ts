import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createJobPresenter, createSsePresenter, createTerminalPresenter } from '../src/index.js';
import { messageLevel } from '../src/message-level.js';

it.each([
  ['info', 'info'],
  ['success', 'success'],
  ['warn', 'warn'],
  ['warning', 'info'],
  ['__proto__', 'info'],
  [undefined, 'info'],
  [{ level: 'warn' }, 'info'],
])('the level %j counts as %s', (level, expected) => {
  expect(messageLevel(level)).toBe(expected);
});

it('a level that there is not reaches no reader, whichever presenter it is', () => {
  const texts: string[] = [];
  const stdout = new PassThrough();
  const job = createJobPresenter({ clock: { now: () => 0 } });
  const sse = createSsePresenter({ write: (text) => texts.push(text) > 0 });
  const terminal = createTerminalPresenter({ stdout });
  for (const presenter of [job, sse, terminal]) Reflect.apply(presenter.message, presenter, ['hello', 'warning\nx']);
  expect(job.entries()).toEqual([{ at: 0, kind: 'message', text: 'hello', level: 'info' }]);
  expect(texts.join('')).toContain('{"text":"hello","level":"info"}');
  expect(String(stdout.read())).toMatch(/hello\n$/);
  sse[Symbol.dispose]();
  terminal[Symbol.dispose]();
});
