import { isAbsolute } from 'node:path';
import { createError } from '@kb-labs/contracts';
import { z } from 'zod';

/** A path that does not depend on the working directory. */
export const absolutePath: z.ZodType<string> = z
  .string()
  .max(4096)
  .refine((path) => isAbsolute(path) && !path.includes('\0'), 'must be an absolute path');

/** Checks options. Throws `ERR_CONFIG_INVALID` with a JSON pointer, and never shows a value. */
export function parseOptions<Schema extends z.ZodType>(schema: Schema, options: unknown): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const pointer = [...(issue?.path ?? []), ...unknown].map((part) => `/${String(part).slice(0, 64)}`).join('');
  const problem = unknown.length > 0 ? 'there is no such option' : (issue?.message ?? 'malformed');
  throw createError('ERR_CONFIG_INVALID', `${pointer === '' ? 'the options' : pointer}: ${problem}`, {
    details: { pointer },
    hint: unknown.length > 0 ? 'leave it out, or correct its name' : 'give what the documentation of the option names',
  });
}
