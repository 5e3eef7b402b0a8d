import type {
  ArtifactDeleteOptions,
  ArtifactQuery,
  ArtifactReadOptions,
  ArtifactWaitOptions,
  ArtifactWriteOptions,
} from '@kb-labs/contracts';
import { z } from 'zod';

/** Options as a guest sends them: those that are left out may be there as `undefined`, and no signal travels. */
type Sent<Options> = { readonly [Name in keyof Omit<Options, 'signal'>]?: Options[Name] | undefined } | undefined;

/** What the functions take, by what they are called here. */
interface ArtifactArguments {
  readonly read: z.ZodType<[string, Sent<ArtifactReadOptions>?]>;
  readonly stat: z.ZodType<[string, Sent<ArtifactReadOptions>?]>;
  readonly list: z.ZodType<[Sent<ArtifactQuery>?]>;
  readonly wait: z.ZodType<[string, Sent<ArtifactWaitOptions>?]>;
  readonly chunk: z.ZodType<[number, Uint8Array]>;
  readonly id: z.ZodType<[number]>;
  readonly write: z.ZodType<[string, Uint8Array, Sent<ArtifactWriteOptions>?]>;
  readonly openWrite: z.ZodType<[string, Sent<ArtifactWriteOptions>?]>;
  readonly closeWrite: z.ZodType<[number, boolean]>;
  readonly delete: z.ZodType<[string, Sent<ArtifactDeleteOptions>?]>;
  readonly copy: z.ZodType<[string, string, Sent<ArtifactWriteOptions>?]>;
}

const uri = z.string().max(4_096);
const version = z.string().max(256).optional();
const etag = z.string().min(1).max(256).optional();
const bytes = z.instanceof(Uint8Array);
const id = z.int().min(1);

const readOptions = z.strictObject({ minVersion: version }).optional();

const writeOptions = z
  .strictObject({
    contentType: z.string().max(255).optional(),
    version,
    schemaVersion: version,
    ttlMs: z.int().min(1).optional(),
    maxBytes: z.int().min(0).optional(),
    ifMatch: etag,
    ifNoneMatch: z.literal('*').optional(),
  })
  .optional();

const query = z
  .strictObject({
    from: z.string().max(256).optional(),
    glob: z.string().max(1_024).optional(),
    status: z.enum(['ready', 'expired', 'all']).optional(),
    minVersion: version,
    limit: z.int().min(1).max(1_000).optional(),
  })
  .optional();

const waitOptions = z
  .strictObject({ minVersion: version, timeoutMs: z.int().min(1).max(2_147_483_647).optional() })
  .optional();

/** What each function takes. A misspelt option is refused, and a `signal` is none: the call has one of its own. */
export const ARTIFACT_ARGUMENTS: ArtifactArguments = {
  read: z.tuple([uri, readOptions]),
  stat: z.tuple([uri, readOptions]),
  list: z.tuple([query]),
  wait: z.tuple([uri, waitOptions]),
  chunk: z.tuple([id, bytes]),
  id: z.tuple([id]),
  write: z.tuple([uri, bytes, writeOptions]),
  openWrite: z.tuple([uri, writeOptions]),
  closeWrite: z.tuple([id, z.boolean()]),
  delete: z.tuple([uri, z.strictObject({ ifMatch: etag }).optional()]),
  copy: z.tuple([uri, uri, writeOptions]),
};
