import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { MessageLevel, PresentedError, Presenter } from '@kb-labs/contracts';
import { answerUntilAborted } from './answer-until-aborted.js';
import { BoundedOutput } from './bounded-output.js';
import { messageLevel } from './message-level.js';
import { fractionOf, jsonText, plainName, plainText } from './plain-text.js';
import { formatSseEvent, SSE_HEARTBEAT } from './sse-event.js';
import type { SseEventName } from './sse-event.js';
import { parseSseOptions } from './sse-options.js';
import type { ParsedSseOptions, SsePresenterOptions } from './sse-options.js';

const MAX_OPEN_QUESTIONS = 16;

/** Shows to a page. Dispose it when the run is over; the response stays open until you end it. */
export interface SsePresenter extends Presenter, Disposable {
  /** Answers a question by the id of its `confirm` event. False where none is open under this id; only `true` is a yes. */
  answer(id: string, yes: boolean): boolean;
  /** How many events the client was too slow for. It is told so by a `dropped` event as soon as there is room. */
  readonly dropped: number;
}

/**
 * Server-sent events `message`, `progress`, `json`, `error` and `confirm`, each with JSON in one line. Sends the headers of a response that has sent
 * none. A question is open until `answer`, its signal, its time limit or the end of the connection; all but a yes mean no.
 */
export function createSsePresenter(options: SsePresenterOptions): SsePresenter {
  return new EventPresenter(parseSseOptions(options));
}

class EventPresenter implements SsePresenter {
  readonly #write: (text: string) => boolean;
  readonly #confirmTimeoutMs: number;
  readonly #open = new Map<string, (yes: boolean) => void>();
  readonly #disposals: (() => void)[] = [];
  #isDisposed = false;
  #lastId = 0;
  #dropped = 0;
  #untold = 0;

  constructor({ target, heartbeatMs, confirmTimeoutMs, maxBufferedBytes }: ParsedSseOptions) {
    this.#confirmTimeoutMs = confirmTimeoutMs;
    this.#write = typeof target === 'function' ? safely(target) : this.#take(target, maxBufferedBytes);
    this.#beat(heartbeatMs);
  }

  get dropped(): number {
    return this.#dropped;
  }

  message(text: string, level: MessageLevel): void {
    this.#send('message', { text: plainText(text), level: messageLevel(level) });
  }

  progress(text: string, fraction: number | undefined): void {
    this.#send('progress', { text: plainText(text), fraction: fractionOf(fraction) });
  }

  json(value: unknown): void {
    // What is no JSON, or too much of it, is a sentence that says so.
    this.#emit('json', `{"value":${jsonText(value)}}`);
  }

  error({ message, code, hint }: PresentedError): void {
    this.#send('error', {
      message: plainText(message),
      code: code === undefined ? undefined : plainName(code),
      hint: hint === undefined ? undefined : plainText(hint),
    });
  }

  async confirm(question: string, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted || this.#isDisposed || this.#open.size >= MAX_OPEN_QUESTIONS) return false;
    const id = randomUUID();
    const timeoutMs = this.#confirmTimeoutMs;
    const answered = new Promise<boolean>((resolve) => this.#open.set(id, resolve));
    const timeout = setTimeout(() => this.answer(id, false), timeoutMs).unref();
    const isAsked = this.#send('confirm', { id, question: plainText(question), timeoutMs });
    if (!isAsked) this.answer(id, false);
    const yes = await answerUntilAborted(answered, signal);
    clearTimeout(timeout);
    this.#open.delete(id);
    if (isAsked) this.#send('answer', { id, yes });
    return yes;
  }

  answer(id: string, yes: boolean): boolean {
    const settle = this.#open.get(id);
    this.#open.delete(id);
    settle?.(yes === true);
    return settle !== undefined;
  }

  [Symbol.dispose](): void {
    for (const id of this.#open.keys()) this.answer(id, false);
    this.#isDisposed = true;
    for (const dispose of this.#disposals.splice(0)) dispose();
  }

  #send(name: SseEventName, data: unknown): boolean {
    return this.#emit(name, jsonText(data, { limit: Number.POSITIVE_INFINITY }));
  }

  #emit(name: SseEventName, data: string): boolean {
    if (this.#isDisposed) return false;
    if (this.#untold > 0 && this.#write(formatSseEvent('dropped', this.#nextId(), `{"count":${this.#untold}}`)))
      this.#untold = 0;
    const isTaken = this.#untold === 0 && this.#write(formatSseEvent(name, this.#nextId(), data));
    if (!isTaken) {
      this.#dropped += 1;
      this.#untold += 1;
    }
    return isTaken;
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #take(response: ServerResponse, maxBufferedBytes: number | undefined): (text: string) => boolean {
    if (!response.headersSent) {
      // `x-accel-buffering` keeps nginx from collecting events.
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      response.flushHeaders();
    }
    const output = new BoundedOutput(response, maxBufferedBytes);
    const onClose = (): void => this[Symbol.dispose]();
    response.once('close', onClose);
    this.#disposals.push(
      () => response.off('close', onClose),
      () => output[Symbol.dispose](),
    );
    return (text) => output.write(text);
  }

  #beat(heartbeatMs: number): void {
    if (heartbeatMs === 0) return;
    const heartbeat = setInterval(() => this.#write(SSE_HEARTBEAT), heartbeatMs).unref();
    this.#disposals.push(() => clearInterval(heartbeat));
  }
}

/** A function that throws has not taken the text either. */
function safely(write: (text: string) => boolean): (text: string) => boolean {
  return (text) => {
    try {
      return write(text) === true;
    } catch {
      // Counted as dropped, and told as soon as something is taken again.
      return false;
    }
  };
}
