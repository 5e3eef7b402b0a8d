import { encodeMember, encodeValue } from './encode-value.js';
import type { HostMessage, OutputMessage, RunMessage } from './messages.js';
import type { EncodedValue, WireValue } from './wire-value.js';

// What a side of the wire says itself is JSON as it stands: numbers, names and short text. Only what comes from a plugin or a host
// application, and what may be long, has to be looked at to be encoded.

/** Text that the wire carries beside the JSON begins far beyond it. */
const SHORT_TEXT = 1_024;

/** Encodes a message of the host. Throws `UnsendableError` for an input or an answer that the wire cannot carry. */
export function encodeHostMessage(message: HostMessage): EncodedValue {
  if (message.t === 'run' && message.realm === undefined) {
    const { t, run, handler, inputSchema, outputSchema, outputParts, api } = message;
    const { json: input, binary } = encodeMember(message.input, ['input']);
    return { json: plain({ t, run, handler, inputSchema, outputSchema, outputParts, input, api }), binary };
  }
  if (message.t === 'reply' && message.ok) {
    const { t, run, id, ok } = message;
    const { json: value, binary } = encodeMember(message.value, ['value']);
    return { json: { t, run, id, ok, value }, binary };
  }
  return encodeValue(message);
}

/** Encodes a call of the guest. Throws `UnsendableError` for arguments that the wire cannot carry, and whatever they throw when they are read. */
export function encodeCallMessage(
  run: number,
  { t, id, name, args }: Extract<RunMessage, { t: 'call' }>,
): EncodedValue {
  const { json, binary } = encodeMember(args, ['args']);
  return { json: { t, run, id, name, args: json }, binary };
}

/** Encodes what a guest says that holds nothing of the plugin's but text, or fields that were copied. */
export function encodeGuestWord(
  run: number,
  word: OutputMessage | Extract<RunMessage, { t: 'cancel' } | { t: 'done' }>,
): EncodedValue {
  switch (word.t) {
    case 'cancel':
    case 'done':
      return { json: plain({ ...word, run }), binary: [] };
    case 'log':
      if (word.text.length > SHORT_TEXT || hasMembers(word.fields)) break;
      return { json: plain({ ...word, run }), binary: [] };
    case 'progress':
      if (word.message.length > SHORT_TEXT) break;
      return { json: plain({ ...word, run }), binary: [] };
    case 'track':
      break;
    default:
      word satisfies never;
  }
  return encodeValue({ ...word, run });
}

/** `JSON.stringify` leaves out what is undefined, and a record without a member is read as one where it is undefined. */
function plain(message: object): WireValue {
  return message as WireValue;
}

function hasMembers(record: object): boolean {
  return Object.keys(record).length > 0;
}
