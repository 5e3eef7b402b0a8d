import { encodeValue } from './encode-value.js';
import { frameText } from './frame.js';
import type { GuestVerdict } from './guest-run.js';
import { DEFAULT_WIRE_LIMITS } from './limits.js';
import type { GuestFailureMessage } from './messages.js';
import { utf8Length } from './utf8.js';
import type { EncodedValue } from './wire-value.js';

/** The message that tells how a run ended, and that it is over where it `isLast`. A value has been encoded and measured already, and is not encoded again. */
export function encodeVerdict(run: number, verdict: GuestVerdict, isLast: boolean): EncodedValue {
  if (!verdict.ok) return encodeFailure({ ...verdict, run, isLast });
  const { json, binary } = verdict.value;
  return { json: { t: 'result', run, ok: true, isLast, value: json }, binary };
}

/** An error with many causes and parts may not fit into a frame: then its own words go alone. */
function encodeFailure(
  failure: GuestFailureMessage & { readonly run: number; readonly isLast: boolean },
): EncodedValue {
  const encoded = encodeValue(failure);
  const { error } = failure;
  if (error === undefined || utf8Length(frameText(encoded)) <= DEFAULT_WIRE_LIMITS.maxJsonBytes) return encoded;
  return encodeValue({ ...failure, error: { ...error, cause: undefined, errors: [], truncated: true } });
}
