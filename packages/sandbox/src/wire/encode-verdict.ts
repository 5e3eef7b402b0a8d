import { encodeValue } from './encode-value.js';
import { encodeFrame, measureFrame } from './frame.js';
import type { GuestVerdict } from './guest-run.js';
import { DEFAULT_WIRE_LIMITS } from './limits.js';
import type { GuestFailureMessage } from './messages.js';

/** The frame that tells how a run ended. A value has been encoded and measured already, and is not encoded again. */
export function encodeVerdict(run: number, verdict: GuestVerdict): Uint8Array {
  if (!verdict.ok) return encodeFailure({ ...verdict, run });
  const { json, binary } = verdict.value;
  return encodeFrame({ json: { t: 'result', run, ok: true, value: json }, binary });
}

/** An error with many causes and parts may not fit into a frame: then its own words go alone. */
function encodeFailure(failure: GuestFailureMessage & { readonly run: number }): Uint8Array {
  const frame = encodeFrame(encodeValue(failure));
  const { error } = failure;
  if (error === undefined || measureFrame(frame).jsonBytes <= DEFAULT_WIRE_LIMITS.maxJsonBytes) return frame;
  return encodeFrame(encodeValue({ ...failure, error: { ...error, cause: undefined, errors: [], truncated: true } }));
}
