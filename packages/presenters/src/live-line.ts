import type { BoundedOutput } from './bounded-output.js';
import { wrapText } from './wrap-text.js';

const REDRAW_MS = 80;
const ERASE = '\r\u001b[2K';

/** The line at the foot of a terminal that is written again and again. */
export class LiveLine implements Disposable {
  readonly #output: BoundedOutput;
  readonly #columns: () => number;
  #text: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isDrawn = false;

  constructor(output: BoundedOutput, columns: () => number) {
    this.#output = output;
    this.#columns = columns;
  }

  /** Shows a line, at most some dozen times a second: of what comes in between, the last. */
  show(text: string): void {
    const isFirst = this.#text === undefined;
    this.#text = text;
    if (isFirst) this.#draw();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#draw();
    }, REDRAW_MS).unref();
  }

  /** Does what writes other lines, with this one out of the way. */
  around<T>(write: () => T): T {
    this.#erase();
    const result = write();
    this.#draw();
    return result;
  }

  /** Takes the line away. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#text = undefined;
    this.#erase();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #draw(): void {
    if (this.#text === undefined) return;
    // One column stays free: a full line makes some terminals begin the next.
    const [line = ''] = wrapText(this.#text, this.#columns() - 1);
    this.#isDrawn = this.#output.write(`${ERASE}${line}`) || this.#isDrawn;
  }

  #erase(): void {
    if (this.#isDrawn && this.#output.write(ERASE)) this.#isDrawn = false;
  }
}
