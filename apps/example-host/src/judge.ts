import type { ExecuteResult } from '@kb-labs/plugin-runtime';
import { z } from 'zod';
import type { Verdict } from './verdict.js';

/** Looks at the output of a run that ended well. What a guest returns is unknown until a schema has parsed it. */
export function judge<Output>(
  result: ExecuteResult,
  schema: z.ZodType<Output>,
  look: (data: Output) => Verdict,
): Verdict {
  if (!result.ok) {
    const { code, message, hint } = result.error;
    const findings = hint === undefined ? [message] : [message, hint];
    return { met: false, text: `failed: ${code}`, findings };
  }
  const parsed = schema.safeParse(result.data);
  if (parsed.success) return look(parsed.data);
  return { met: false, text: 'returned something else', findings: [z.prettifyError(parsed.error)] };
}
