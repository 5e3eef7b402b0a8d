import { tooLarge } from '../wire/guest-run.js';
import type { GuestVerdict, OutputSeal } from '../wire/guest-run.js';
import { copyValue } from './copy-value.js';
import type { CopiedValue } from './copy-value.js';
import type { Shapes } from './shapes.js';

/** Copies what a handler has given back, and counts it. Throws what the wire would refuse. */
export function sealOutput(
  output: unknown,
  { shapes, maxResultBytes }: { readonly shapes: Shapes; readonly maxResultBytes: number },
): GuestVerdict<CopiedValue> {
  const value = copyValue(output, { shapes, isMeasured: true, name: undefined });
  return value.bytes > maxResultBytes ? tooLarge(value.bytes) : { ok: true, value };
}

/** The same, for a run whose output passes the plugin's own schemas on its way. */
export function sealWith(shapes: Shapes): OutputSeal<CopiedValue> {
  return {
    close(output) {
      const value = copyValue(output, { shapes, isMeasured: true, name: undefined });
      return { value, bytes: value.bytes };
    },
    copy: ({ value }) => copyValue(value, { shapes, isMeasured: false, name: undefined }).value,
  };
}
