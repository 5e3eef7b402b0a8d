import type { Readable } from 'node:stream';
import type { MessageLevel, PresentedError, Presenter } from '@kb-labs/contracts';
import { answerUntilAborted } from './answer-until-aborted.js';
import { askLine, dropTyped } from './ask-line.js';
import { LiveLine } from './live-line.js';
import { messageLevel } from './message-level.js';
import { assertKnownOptions, hasMethod, wrongOption } from './option-checks.js';
import { fractionOf, jsonText, plainLine, plainName } from './plain-text.js';
import { Screen } from './screen.js';
import type { Label, TerminalOutput } from './screen.js';

/** A stream on which a person may type, such as `process.stdin`. */
export type TerminalInput = Readable & { readonly isTTY?: boolean };

/** Where to show, and how. Nothing is read from the environment. An unknown option is `ERR_CONFIG_INVALID`. */
export interface TerminalPresenterOptions {
  readonly stdout: TerminalOutput;
  /** For errors, and for questions where `stdout` is no terminal. Default: `stdout`. */
  readonly stderr?: TerminalOutput;
  /** Without it, or where it is no terminal, every answer is no. */
  readonly stdin?: TerminalInput;
  /** Whether lines may be redrawn. Default: what `stdout` says of itself. */
  readonly isTTY?: boolean;
  /** Of the labels. Default: on a terminal. */
  readonly colour?: boolean;
}

/** Shows to a person at a terminal, or to a log. Dispose it to take the line of progress away. */
export interface TerminalPresenter extends Presenter, Disposable {
  /** How many lines the output was too slow for. */
  readonly dropped: number;
}

const MAKER = { name: 'createTerminalPresenter', options: ['stdout', 'stderr', 'stdin', 'isTTY', 'colour'] };
const LABELS: Readonly<Record<MessageLevel, Label>> = { info: 'info', success: 'done', warn: 'warn' };

/**
 * On a terminal: labelled, coloured lines, wrapped so that no text begins where a label stands, and progress in one line that is redrawn.
 * Elsewhere: one line each, without any control character. Only `y` or `yes`, typed at a terminal, is a yes.
 */
export function createTerminalPresenter(options: TerminalPresenterOptions): TerminalPresenter {
  assertKnownOptions(MAKER, options);
  assertStreams(options);
  assertSwitches(options);
  return new LinePresenter(options);
}

class LinePresenter implements TerminalPresenter {
  readonly #out: Screen;
  readonly #err: Screen;
  readonly #stdin: TerminalInput | undefined;
  readonly #live: LiveLine;
  #lastAsked: Promise<unknown> = Promise.resolve();
  #lastProgress: { readonly text: string; readonly tenth: number } | undefined;

  constructor({ stdout, stderr = stdout, stdin, isTTY = stdout.isTTY === true, colour }: TerminalPresenterOptions) {
    this.#out = new Screen(stdout, { isTTY, colour });
    this.#err = stderr === stdout ? this.#out : new Screen(stderr, { isTTY: stderr.isTTY === true, colour });
    this.#stdin = stdin;
    this.#live = new LiveLine(this.#out.output, () => this.#out.columns);
  }

  get dropped(): number {
    return this.#out.dropped + (this.#err === this.#out ? 0 : this.#err.dropped);
  }

  message(text: string, level: MessageLevel): void {
    this.#show(this.#out, LABELS[messageLevel(level)], text);
  }

  progress(text: string, fraction: number | undefined): void {
    const done = fractionOf(fraction);
    const percent = done === undefined ? '' : `${Math.floor(done * 100)}`.padStart(3).concat('% ');
    const line = `${percent}${plainLine(text)}`;
    if (this.#out.isTTY) return done === 1 ? this.#finish(line) : this.#live.show(line);
    // A log needs no more than a line for each tenth.
    const tenth = Math.floor((done ?? 0) * 10);
    if (this.#lastProgress?.text === text && this.#lastProgress.tenth === tenth) return;
    this.#lastProgress = { text, tenth };
    this.#out.write(`${percent.trimStart()}${plainLine(text)}\n`);
  }

  json(value: unknown): void {
    this.#show(this.#out, 'json', jsonText(value, { indent: this.#out.isTTY ? 2 : 0 }));
  }

  error({ message, code, hint }: PresentedError): void {
    const name = code === undefined ? '' : `${plainName(code)}: `;
    const advice = hint === undefined ? '' : `${this.#err.isTTY ? '\n' : ' '}hint: ${hint}`;
    this.#show(this.#err, 'error', `${name}${message}${advice}`);
  }

  confirm(question: string, signal: AbortSignal): Promise<boolean> {
    const asked = this.#lastAsked.then(() => this.#ask(question, signal));
    this.#lastAsked = asked.catch(() => undefined);
    return answerUntilAborted(asked, signal);
  }

  [Symbol.dispose](): void {
    this.#live[Symbol.dispose]();
    this.#out.output[Symbol.dispose]();
    this.#err.output[Symbol.dispose]();
  }

  async #ask(question: string, signal: AbortSignal): Promise<boolean> {
    const screen = [this.#out, this.#err].find(({ isTTY }) => isTTY);
    const stdin = this.#stdin;
    if (signal.aborted || screen === undefined || stdin?.isTTY !== true) return false;
    await dropTyped(stdin);
    if (signal.aborted) return false;
    const lines = screen.lines('ask', question);
    this.#live.end();
    if (!screen.write(`${lines.join('\n')} [y/N] `)) return false;
    const line = await askLine(stdin, signal);
    if (line === undefined) screen.write('\n');
    return line !== undefined && /^(?:y|yes)$/i.test(line.trim());
  }

  #finish(line: string): void {
    this.#live.end();
    if (this.#lastProgress?.text === line) return;
    this.#lastProgress = { text: line, tenth: 10 };
    this.#show(this.#out, 'done', line.trimStart());
  }

  #show(screen: Screen, label: Label, text: string): void {
    this.#live.around(() => screen.write(`${screen.lines(label, text).join('\n')}\n`));
  }
}

function assertStreams({ stdout, stderr = stdout, stdin }: TerminalPresenterOptions): void {
  const wrong = Object.entries({ stdout, stderr }).find(([, stream]) => !hasMethod(stream, 'write'))?.[0];
  const option = wrong ?? (stdin === undefined || hasMethod(stdin, 'on') ? undefined : 'stdin');
  if (option === undefined) return;
  throw wrongOption(MAKER, option, { flaw: 'is no stream', hint: `hand in one such as \`process.${option}\`` });
}

function assertSwitches({ isTTY, colour }: TerminalPresenterOptions): void {
  const wrong = Object.entries({ isTTY, colour }).find(([, value]) => !['boolean', 'undefined'].includes(typeof value));
  if (wrong !== undefined) throw wrongOption(MAKER, wrong[0], { flaw: 'is no boolean', hint: 'give true or false' });
}
