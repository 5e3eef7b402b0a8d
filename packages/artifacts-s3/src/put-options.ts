import { createError } from '@kb-labs/contracts';
import type { ArtifactDeleteOptions, ArtifactPutOptions } from '@kb-labs/contracts';
import { z } from 'zod';

const version = z
  .string()
  .regex(/^[\x21-\x7e]{1,256}$/, 'is not a version')
  .optional();
const etag = z.string().min(1).max(1_024).optional();

const PutOptions = z.object({
  contentType: z
    .string()
    .max(255)
    .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?: *;[\t\x20-\x7e]*)?$/, 'is not a content type such as text/plain'),
  maxBytes: z.union([z.number().nonnegative(), z.literal(Number.POSITIVE_INFINITY)]),
  ifMatch: etag,
  ifNoneMatch: z.literal('*').optional(),
  version,
  schemaVersion: version,
  expiresAt: z.int().nonnegative().optional(),
  signal: z.instanceof(AbortSignal),
});

/** Checks what a store is told of a new artifact. Throws `ERR_INVALID_ARGUMENT`. */
export function assertPutOptions(options: ArtifactPutOptions): void {
  refuse(PutOptions.safeParse(options));
  if (options.ifMatch !== undefined && options.ifNoneMatch !== undefined) {
    throw createError('ERR_INVALID_ARGUMENT', 'ifMatch and ifNoneMatch cannot both hold', {
      hint: 'ask for one of them',
    });
  }
}

/** Checks the condition of a deletion. Throws `ERR_INVALID_ARGUMENT`. */
export function assertDeleteOptions(options: ArtifactDeleteOptions): void {
  refuse(z.object({ ifMatch: etag }).safeParse(options));
}

function refuse(result: z.ZodSafeParseResult<unknown>): void {
  if (result.success) return;
  const issue = result.error.issues[0];
  const option = issue?.path.join('.') ?? '';
  throw createError('ERR_INVALID_ARGUMENT', `the option "${option}" of an artifact is wrong: ${issue?.message ?? ''}`);
}
