import type { ExecuteResult } from '@kb-labs/plugin-runtime';
import { z } from 'zod';
import type { Verdict } from './verdict.js';

/** Looks at the output of a run that ended well. What a guest returns is unknown until a schema has parsed it. */
export function judge<Output>(
  result: ExecuteResult,
  schema: z.ZodType<Output>,
  look: (data: Output) => Verdict,
): Verdict {
  const parsed = parseOutput(result, schema);
  return parsed.ok ? look(parsed.data) : parsed.verdict;
}

/** The output, or what there is to say where it is another one or none. */
export function parseOutput<Output>(
  result: ExecuteResult,
  schema: z.ZodType<Output>,
): { readonly ok: true; readonly data: Output } | { readonly ok: false; readonly verdict: Verdict } {
  if (!result.ok) {
    const { code, message, hint } = result.error;
    const findings = hint === undefined ? [message] : [message, hint];
    return { ok: false, verdict: { met: false, text: `failed: ${code}`, findings } };
  }
  const parsed = schema.safeParse(result.data);
  if (parsed.success) return { ok: true, data: parsed.data };
  const findings = [z.prettifyError(parsed.error)];
  return { ok: false, verdict: { met: false, text: 'returned something else', findings } };
}
