import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { createDemoPresenter } from '../src/demo-presenter.js';

function openStream(): { readonly stream: Writable; readonly text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return { stream, text: () => text };
}

it('a plugin speaks behind its label, and is answered as it was planned', async () => {
  const { stream, text } = openStream();
  using presenter = createDemoPresenter({ stream, silent: false });
  const { signal } = new AbortController();
  presenter.forRun('one', false).message('two: \u001b[2Jdone\nforged', 'success');
  presenter.forRun('one', false).error({ message: 'gone' });
  presenter.forRun('one', false).progress('not here', 0.5);
  const answers = [true, false].map((answer) => presenter.forRun('one', answer).confirm('Sure?', signal));
  expect(await Promise.all(answers)).toEqual([true, false]);
  expect(text().split('\n')).toEqual([
    String.raw`done  one: two: \u{1b}[2Jdone\nforged`,
    'error one: gone',
    'info  one asks: Sure? The demo says yes.',
    'info  one asks: Sure? The demo says no.',
    '',
  ]);
});

it('is silent where the report is JSON, save for the demo itself', async () => {
  const { stream, text } = openStream();
  using presenter = createDemoPresenter({ stream, silent: true });
  presenter.forRun('one', false).message('something', 'info');
  expect(await presenter.forRun('one', true).confirm('Sure?', new AbortController().signal)).toBe(true);
  presenter.own.progress('one: 0%', undefined);
  expect(text()).toBe('one: 0%\n');
});
