import type { Writable } from 'node:stream';
import pc from 'picocolors';
import { BoundedOutput } from './bounded-output.js';
import { plainLine, plainText } from './plain-text.js';
import { wrapText } from './wrap-text.js';

const DEFAULT_COLUMNS = 80;
const LEAST_COLUMNS = 20;
const LABEL_COLUMNS = 6;

/** A stream that may be a terminal, such as `process.stdout`. */
export type TerminalOutput = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What begins a line, and no text of a plugin does. */
export type Label = 'info' | 'done' | 'warn' | 'error' | 'json' | 'ask';

/** What an output is. */
export interface ScreenOptions {
  readonly isTTY: boolean;
  /** Default: on a terminal. */
  readonly colour: boolean | undefined;
}

/** One of the outputs of a terminal presenter. Counts what it could not take, and tells of it before the next line. */
export class Screen {
  readonly output: BoundedOutput;
  readonly isTTY: boolean;
  readonly #stream: TerminalOutput;
  readonly #paint: ReturnType<typeof pc.createColors>;
  #untold = 0;
  dropped = 0;

  constructor(stream: TerminalOutput, { isTTY, colour = isTTY }: ScreenOptions) {
    this.output = new BoundedOutput(stream);
    this.isTTY = isTTY;
    this.#stream = stream;
    this.#paint = pc.createColors(colour);
  }

  get columns(): number {
    // A terminal that does not know its size says 0.
    return Math.max(LEAST_COLUMNS, this.#stream.columns || DEFAULT_COLUMNS);
  }

  /** False where the text was not taken. */
  write(text: string): boolean {
    const note = this.#untold === 0 ? '' : `(${this.#untold} dropped: the output was too slow)\n`;
    const isTaken = this.output.write(`${note}${text}`);
    if (isTaken) this.#untold = 0;
    else {
      this.#untold += 1;
      this.dropped += 1;
    }
    return isTaken;
  }

  /** Text of a plugin behind a label: on a terminal wrapped, with a margin below the label, and elsewhere in one line. */
  lines(label: Label, text: string): readonly string[] {
    const head = `${this.#painted(label)}${' '.repeat(LABEL_COLUMNS - label.length)}`;
    if (!this.isTTY) return [`${head}${plainLine(text)}`];
    const [first = '', ...others] = wrapText(plainText(text), this.columns - LABEL_COLUMNS - 1);
    const margin = this.#paint.dim(`${' '.repeat(LABEL_COLUMNS - 2)}| `);
    return [`${head}${first}`, ...others.map((line) => `${margin}${line}`)];
  }

  #painted(label: Label): string {
    switch (label) {
      case 'done':
        return this.#paint.green(label);
      case 'warn':
        return this.#paint.yellow(label);
      case 'error':
        return this.#paint.red(label);
      case 'info':
      case 'json':
      case 'ask':
        return this.#paint.cyan(label);
    }
  }
}
