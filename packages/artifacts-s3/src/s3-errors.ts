import { abortError } from '@kb-labs/artifacts/store';
import { createError, isPluginError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';

const HINTS: ReadonlyMap<string, string> = new Map([
  ['AccessDenied', 'allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket below the prefix'],
  ['NoSuchBucket', 'create the bucket, or name the one that is there'],
  ['InvalidAccessKeyId', 'give the client credentials that the server knows'],
  ['SignatureDoesNotMatch', 'check the secret key, the region and the clock of this machine'],
  ['CredentialsProviderError', 'give the client credentials'],
]);

/** What a server answered, as far as a thrown value tells it. */
interface S3Answer {
  readonly name: string;
  /** `undefined` where no answer came. */
  readonly status: number | undefined;
}

/** Reads what the SDK threw; never throws itself. */
function answerOf(error: unknown): S3Answer {
  if (!(error instanceof Error)) return { name: typeof error, status: undefined };
  const metadata: unknown = Reflect.get(error, '$metadata');
  const status: unknown =
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  return { name: error.name, status: typeof status === 'number' ? status : undefined };
}

/** There is no such object. A bucket that is missing is another matter. */
export function isMissing(error: unknown): boolean {
  const { name, status } = answerOf(error);
  return status === 404 && name !== 'NoSuchBucket';
}

/** The condition of a write or deletion did not hold, or another one came in between. */
export function isRefusedCondition(error: unknown): boolean {
  const { status } = answerOf(error);
  return status === 412 || status === 409;
}

/** The server does not know what it was asked for. */
export function isUnknownCall(error: unknown): boolean {
  const { name, status } = answerOf(error);
  return status === 501 || status === 405 || name === 'NotImplemented';
}

/** Whether a request may have been carried out, or may still be, although it failed. */
export function isUncertain(error: unknown): boolean {
  if (isPluginError(error)) return false;
  const { status } = answerOf(error);
  return status === undefined || status >= 500 || status === 408;
}

/** Turns whatever a request threw into one of our errors; ours pass as they are, and an abort is told by its signal. */
export function toStoreError(error: unknown, uri: string, signal?: AbortSignal): PluginError {
  if (isPluginError(error)) return error;
  if (signal?.aborted === true) return abortError(signal);
  const { name, status } = answerOf(error);
  const hint = HINTS.get(name);
  return createError(
    'ERR_IO_FAILED',
    `the store failed on ${uri}: ${name}${status === undefined ? '' : ` (${status})`}`,
    {
      details: { uri, name, status },
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    },
  );
}
