import type { SandboxLimits } from '@kb-labs/contracts';
import { decodeMessage } from '../wire/decode-value.js';
import { encodeVerdict } from '../wire/encode-verdict.js';
import { encodeFrame } from '../wire/frame.js';
import { createFrameDecoder } from '../wire/frame-decoder.js';
import { wireLimitsFor } from '../wire/limits.js';
import type { GuestFailureMessage, RunMessage } from '../wire/messages.js';
import { parseGuestMessage } from '../wire/parse-guest-message.js';

type Failure = Extract<RunMessage, { t: 'result'; ok: false }>;

/** A failure as it would arrive over the wire: bounded, and made of nothing that the handler holds. Failures are few, so it takes the codec. */
export function carryFailure(failure: GuestFailureMessage, { maxResultBytes }: SandboxLimits): Failure {
  const decoder = createFrameDecoder(wireLimitsFor(maxResultBytes));
  const [encoded] = decoder.push(encodeFrame(encodeVerdict(1, failure, true)));
  const message = encoded === undefined ? undefined : parseGuestMessage(decodeMessage(encoded));
  if (message?.t === 'result' && !message.ok) return message;
  throw new TypeError('a failure that cannot be carried');
}
