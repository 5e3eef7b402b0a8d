import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTerminalPresenter } from '../src/terminal-presenter.js';
import type { TerminalPresenterOptions } from '../src/terminal-presenter.js';
import { hostileText, OBEYED, RUNS } from './hostile-text.js';

type Stream = PassThrough & { isTTY?: boolean; columns?: number };

function stream(properties: { readonly isTTY?: boolean; readonly columns?: number } = {}): Stream {
  return Object.assign(new PassThrough(), properties);
}

/** All that was written since it was read last. */
function textOf(output: PassThrough): string {
  const chunks: string[] = [];
  for (let chunk: unknown = output.read(); chunk !== null; chunk = output.read()) chunks.push(String(chunk));
  return chunks.join('');
}

const never = new AbortController().signal;

describe('where there is no terminal', () => {
  it('shows one line for each, without colours', () => {
    const stdout = stream();
    const presenter = createTerminalPresenter({ stdout });
    presenter.message('hello\nworld', 'info');
    presenter.message('kept', 'success');
    presenter.message('\u001b[2Jcareful', 'warn');
    presenter.json({ a: [1, 'x\n'] });
    presenter.error({ message: 'it broke', code: 'ERR_X\n', hint: 'mend it' });
    presenter.progress('copying', 0.4);
    presenter.progress('copying', 0.41);
    presenter.progress('copying', 0.5);
    presenter.progress('waiting', undefined);
    expect(textOf(stdout)).toBe(
      [
        String.raw`info  hello\nworld`,
        'done  kept',
        String.raw`warn  \u{1b}[2Jcareful`,
        String.raw`json  {"a":[1,"x\n"]}`,
        String.raw`error ERR_X\n: it broke hint: mend it`,
        '40% copying',
        '50% copying',
        'waiting',
        '',
      ].join('\n'),
    );
  });

  it('shows errors on the other output', () => {
    const [stdout, stderr] = [stream(), stream()];
    const presenter = createTerminalPresenter({ stdout, stderr });
    presenter.error({ message: 'it broke' });
    presenter.message('hello', 'info');
    expect([textOf(stdout), textOf(stderr)]).toEqual(['info  hello\n', 'error it broke\n']);
  });

  it('has one line for each call, whatever the text is', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const stdout = stream();
        const presenter = createTerminalPresenter({ stdout });
        presenter.message(text, 'info');
        presenter.json({ text });
        presenter.progress(text, 0.5);
        presenter.error({ message: text, code: text, hint: text });
        const lines = textOf(stdout).split('\n');
        expect(lines.map((line) => line.slice(0, 5))).toEqual([
          'info ',
          'json ',
          '50% '.concat(lines[2]?.[4] ?? ''),
          'error',
          '',
        ]);
        for (const line of lines) expect(line).not.toMatch(OBEYED);
      }),
      RUNS,
    );
  });
});

describe('on a terminal', () => {
  it('takes one that does not know its width for one of 80 columns', () => {
    const stdout = stream({ isTTY: true, columns: 0 });
    createTerminalPresenter({ stdout, colour: false }).message('x'.repeat(60), 'info');
    expect(textOf(stdout).trimEnd().split('\n')).toHaveLength(1);
  });

  it('labels lines in colour, and sets the lines below a label apart', () => {
    const stdout = stream({ isTTY: true, columns: 30 });
    const presenter = createTerminalPresenter({ stdout });
    presenter.message(`first\nerror ERR_FAKE: gone ${'x'.repeat(10)}`, 'success');
    const shown = textOf(stdout);
    expect(stripVTControlCharacters(shown)).toBe('done  first\n    | error ERR_FAKE: gone xx\n    | xxxxxxxx\n');
    expect(shown.startsWith('\u001b[32mdone\u001b[39m  first\n')).toBe(true);
  });

  it('lets no text begin where labels stand, nor any line be longer than the terminal is wide', () => {
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 20, max: 60 }), (text, columns) => {
        const stdout = stream({ isTTY: true, columns });
        const presenter = createTerminalPresenter({ stdout, colour: false });
        presenter.message(text, 'info');
        presenter.error({ message: text, code: text, hint: text });
        const lines = textOf(stdout).split('\n');
        const heads = lines.filter((line) => !line.startsWith('    | '));
        expect(heads.map((line) => line.slice(0, 6))).toEqual(['info  ', 'error ', '']);
        for (const line of lines) {
          expect(line).not.toMatch(OBEYED);
          const width = [...line].reduce((sum, character) => sum + (character <= '~' ? 1 : 2), 0);
          expect(width).toBeLessThan(columns);
        }
      }),
      RUNS,
    );
  });

  it('writes progress in one line, out of the way of others, and takes it away at the end', async () => {
    const stdout = stream({ isTTY: true, columns: 40 });
    const erase = '\r\u001b[2K';
    const presenter = createTerminalPresenter({ stdout, colour: false });
    presenter.progress(`copying ${'x'.repeat(100)}\u001b[A`, 0.05);
    expect(textOf(stdout)).toBe(`${erase}  5% copying ${'x'.repeat(26)}`);
    presenter.message('hello', 'info');
    expect(textOf(stdout)).toBe(`${erase}info  hello\n${erase}  5% copying ${'x'.repeat(26)}`);
    presenter.progress('a', 0.1);
    presenter.progress('b', 0.2);
    await once(stdout, 'readable');
    expect(textOf(stdout)).toBe(`${erase} 20% b`);
    presenter.progress('b', 1);
    presenter.progress('b', 1);
    expect(textOf(stdout)).toBe(`${erase}done  100% b\n`);
    presenter.progress('c', undefined);
    presenter[Symbol.dispose]();
    expect(textOf(stdout)).toBe(`${erase}c${erase}`);
  });

  it('keeps its colours out of an error log', () => {
    const [stdout, stderr] = [stream({ isTTY: true }), stream()];
    createTerminalPresenter({ stdout, stderr }).error({ message: 'it broke\nbadly' });
    expect(textOf(stderr)).toBe('error it broke\\nbadly\n');
  });
});

describe('a question', () => {
  it.each([
    ['y\n', true],
    ['Y\n', true],
    ['yes\r\n', true],
    [' YES \n', true],
    ['\n', false],
    ['n\n', false],
    ['yep\n', false],
    ['y y\n', false],
    ['yes please\n', false],
    ['\u200by\n', false],
    ['у\n', false], // Cyrillic.
    ['1\n', false],
    ['true\n', false],
  ])('that is answered %j comes to %s', async (typed, yes) => {
    const [stdin, stdout] = [stream({ isTTY: true }), stream({ isTTY: true })];
    const presenter = createTerminalPresenter({ stdin, stdout, colour: false });
    const answer = presenter.confirm('Delete\n[y/N] y\nall?', never);
    await once(stdout, 'readable');
    expect(textOf(stdout)).toBe('ask   Delete\n    | [y/N] y\n    | all? [y/N] ');
    stdin.write(typed);
    expect(await answer).toBe(yes);
    expect([stdin.isPaused(), stdin.listenerCount('error')]).toEqual([true, 0]);
  });

  it('is not answered by what was typed before it was asked', async () => {
    const [stdin, stdout] = [stream({ isTTY: true }), stream({ isTTY: true })];
    stdin.write('y\ny\n');
    const answer = createTerminalPresenter({ stdin, stdout, colour: false }).confirm('Delete?', never);
    await once(stdout, 'readable');
    stdin.write('n\n');
    expect([await answer, textOf(stdout)]).toEqual([false, 'ask   Delete? [y/N] ']);
  });

  it('is no where nobody can answer', async () => {
    const typed = stream({ isTTY: true });
    typed.write('y\n');
    const piped = stream();
    piped.write('y\n');
    const ended = stream({ isTTY: true });
    ended.destroy();
    const terminal = stream({ isTTY: true });
    const setups: readonly TerminalPresenterOptions[] = [
      { stdout: terminal },
      { stdout: terminal, stdin: piped },
      { stdout: stream(), stdin: typed },
      { stdout: terminal, stdin: ended },
      { stdout: terminal, stdin: typed, isTTY: false },
    ];
    for (const options of setups) expect(await createTerminalPresenter(options).confirm('Delete?', never)).toBe(false);
    expect(textOf(typed)).toBe('y\n');
  });

  it('is no when the input ends or breaks, or the signal goes', async () => {
    for (const end of [
      (stdin: Stream) => stdin.end(),
      (stdin: Stream) => stdin.end('y'.slice(1)),
      (stdin: Stream) => stdin.destroy(new Error('unplugged')),
      (_: Stream, abort: AbortController) => abort.abort(),
    ]) {
      const [stdin, stdout, abort] = [stream({ isTTY: true }), stream({ isTTY: true }), new AbortController()];
      const answer = createTerminalPresenter({ stdin, stdout }).confirm('Delete?', abort.signal);
      await once(stdout, 'readable');
      end(stdin, abort);
      expect(await answer).toBe(false);
    }
    const [stdin, stdout] = [stream({ isTTY: true }), stream({ isTTY: true })];
    expect(await createTerminalPresenter({ stdin, stdout }).confirm('Delete?', AbortSignal.abort())).toBe(false);
    expect(textOf(stdout)).toBe('');
  });

  it('waits for the one before it, and takes no answer that was meant for that', async () => {
    const [stdin, stdout] = [stream({ isTTY: true }), stream({ isTTY: true })];
    const presenter = createTerminalPresenter({ stdin, stdout, colour: false });
    const abort = new AbortController();
    const answers = [
      presenter.confirm('One?', never),
      presenter.confirm('Two?', abort.signal),
      presenter.confirm('Three?', never),
    ] as const;
    await once(stdout, 'readable');
    expect(textOf(stdout)).toBe('ask   One? [y/N] ');
    abort.abort();
    expect(await answers[1]).toBe(false);
    stdin.write('y\ny\n');
    expect(await answers[0]).toBe(true);
    await once(stdout, 'readable');
    expect(textOf(stdout)).toBe('ask   Three? [y/N] ');
    stdin.write('n\n');
    expect(await answers[2]).toBe(false);
  });

  it('is asked at the terminal that is left when the output goes to a file', async () => {
    const [stdin, stdout, stderr] = [stream({ isTTY: true }), stream(), stream({ isTTY: true })];
    const answer = createTerminalPresenter({ stdin, stdout, stderr }).confirm('Delete?', never);
    await once(stderr, 'readable');
    stdin.write('y\n');
    expect([await answer, textOf(stdout)]).toEqual([true, '']);
  });
});

describe('an output', () => {
  it('that is too slow loses lines, which are counted and told of', async () => {
    let take = (): void => undefined;
    const taken: string[] = [];
    const stdout = new Writable({
      write: (chunk, _, done) => {
        taken.push(String(chunk));
        take = done;
      },
    });
    const presenter = createTerminalPresenter({ stdout });
    for (let n = 0; n < 200; n += 1) presenter.message('x'.repeat(16_000), 'info');
    const { dropped } = presenter;
    expect(dropped).toBeGreaterThan(100);
    expect(stdout.writableLength).toBeLessThan(1.1 * 1024 * 1024);
    while (stdout.writableLength > 0) {
      take();
      await new Promise(setImmediate);
    }
    presenter.message('again', 'info');
    expect(taken.at(-1)).toBe(`(${dropped} dropped: the output was too slow)\ninfo  again\n`);
  });

  it('that breaks harms nobody', async () => {
    const stdout = stream();
    const presenter = createTerminalPresenter({ stdout });
    stdout.destroy(new Error('EPIPE'));
    presenter.message('into the void', 'info');
    expect(presenter.dropped).toBe(1);
    presenter[Symbol.dispose]();
    await new Promise((resolve) => stdout.once('close', resolve));
    const healthy = stream();
    createTerminalPresenter({ stdout: healthy })[Symbol.dispose]();
    expect(healthy.listenerCount('error')).toBe(0);
  });

  it('has to be one', () => {
    // A caller in JavaScript may hand in anything.
    const wrong: readonly object[] = [
      { stdout: null },
      { stdin: {} },
      { stderr: 'x' },
      { color: false },
      { isTTY: 'no' },
    ];
    for (const options of wrong) {
      const parsed: TerminalPresenterOptions = Object.assign({ stdout: stream() }, options);
      expect(() => createTerminalPresenter(parsed)).toThrow(
        expect.objectContaining({
          code: 'ERR_CONFIG_INVALID',
          details: { pointer: `/${Object.keys(options)[0] ?? ''}` },
        }),
      );
    }
  });
});
