import { createError, parseJson } from '@kb-labs/contracts';
import type { Presenter } from '@kb-labs/contracts';
import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import { createCallSignal, untilAborted } from '../call-signal.js';
import { throwIfStopped } from '../host-function.js';
import type { CallContext, HostFunctions } from '../host-function.js';

/** What the presenter functions need of the host. */
export interface PresenterFunctionsOptions {
  /** `undefined` where nobody is there. */
  readonly presenter: Presenter | undefined;
  /** Bytes of JSON that one value may have. */
  readonly maxMessageBytes: number;
}

const text = z.string().max(65_536);

const messageArguments = z.tuple([text, z.enum(['info', 'success', 'warn']).optional()]);
const jsonArguments = z.tuple([z.unknown()]);
const errorArguments = z.tuple([
  z.strictObject({ message: text, code: z.string().max(128).optional(), hint: text.optional() }),
]);
const confirmArguments = z.tuple([text]);

/** What a guest may show, and ask. A presenter that fails fails no run: what it was to show is lost, and its answer is no. */
export function createPresenterFunctions({ presenter, maxMessageBytes }: PresenterFunctionsOptions): HostFunctions {
  return {
    'presenter.message': async (args, context) => {
      const [message, level = 'info'] = parseArguments('presenter.message', messageArguments, args);
      throwIfStopped(context);
      show(() => presenter?.message(message, level));
    },
    'presenter.json': async (args, context) => {
      const [value] = parseArguments('presenter.json', jsonArguments, args);
      const plain = toPlainJson(value, maxMessageBytes);
      throwIfStopped(context);
      show(() => presenter?.json(plain));
    },
    'presenter.error': async (args, context) => {
      const [{ message, code, hint }] = parseArguments('presenter.error', errorArguments, args);
      throwIfStopped(context);
      const error = { message, ...(code === undefined ? {} : { code }), ...(hint === undefined ? {} : { hint }) };
      show(() => presenter?.error(error));
    },
    'presenter.confirm': async (args, context) => {
      const [question] = parseArguments('presenter.confirm', confirmArguments, args);
      throwIfStopped(context);
      return presenter === undefined ? false : ask(presenter, question, context);
    },
  };
}

/** It may be written in JavaScript, and answer with a promise that rejects: nobody waits for that one, and it must not end the process. */
function show(present: () => unknown): void {
  try {
    void Promise.resolve(present()).catch(() => undefined);
  } catch {
    // There is nobody left to show it to.
  }
}

/** Only a plain yes is a yes. */
async function ask(presenter: Presenter, question: string, context: CallContext): Promise<boolean> {
  using call = createCallSignal(context);
  try {
    const answer: unknown = await untilAborted(presenter.confirm(question, call.signal), call.signal);
    return answer === true;
  } catch {
    // Who cannot ask has no answer, and no answer is a no.
    return false;
  }
}

/** What JSON makes of it, so that no presenter meets anything else. */
function toPlainJson(value: unknown, maxBytes: number): unknown {
  const json = stringify(value);
  if (json === undefined) throw createJsonError('the value is no JSON data');
  if (Buffer.byteLength(json) > maxBytes) throw createJsonError(`the value has more than ${maxBytes} bytes of JSON`);
  return parseJson(json);
}

function stringify(value: unknown): string | undefined {
  try {
    // The types leave out that it gives nothing for `undefined`.
    return JSON.stringify(value, refuseBytes) as string | undefined;
  } catch {
    // A cycle, a BigInt, or bytes.
    return undefined;
  }
}

/** JSON names each of them: 16 MiB of bytes are 200 MB of text, and two seconds in which the host does nothing else. */
function refuseBytes(this: unknown, name: string, value: unknown): unknown {
  // What a `Buffer` makes of itself comes here instead of it.
  const written: unknown = typeof this === 'object' && this !== null ? Reflect.get(this, name) : undefined;
  if (ArrayBuffer.isView(value) || ArrayBuffer.isView(written)) throw new TypeError('bytes are no JSON');
  return value;
}

function createJsonError(problem: string): Error {
  return createError('ERR_INVALID_ARGUMENT', `presenter.json: ${problem}`, {
    details: { function: 'presenter.json', argument: '0' },
    hint: 'show plain data, and of large data a part',
  });
}
