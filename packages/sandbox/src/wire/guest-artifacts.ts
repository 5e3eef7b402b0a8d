import type { ArtifactReadOptions, ArtifactWriteOptions, GuestArtifacts } from '@kb-labs/contracts';
import { decodeJson, decodeText, toArtifactBytes } from './artifact-bytes.js';
import { downloadArtifact } from './artifact-download.js';
import { uploadArtifact } from './artifact-upload.js';
import { invalidArgument } from './guest-calls.js';
import { lendFunctions } from './lent-functions.js';
import type { Lender } from './lent-functions.js';

/** Beyond this, what is written whole travels in pieces: one message carries no more than 16 MiB. */
const WHOLE_BYTES = 8_388_608;

/** `ctx.artifacts`, out of the functions that were lent: what is not in `names` brings no member. */
export function createGuestArtifacts(lender: Lender, names: readonly string[]): Partial<GuestArtifacts> {
  const { port, calls } = lender;
  const has = (name: string): boolean => names.includes(name);
  const plain = names.filter((name) => PLAIN.has(name));
  const writeStream: GuestArtifacts['writeStream'] = (uri, body, { signal, ...options } = {}) =>
    calls.track(() => uploadArtifact({ port, uri, body, options, signal }));
  const members = {
    ...lendFunctions(lender, 'artifacts', plain),
    ...(has('read') && { read: (uri: string, options?: ReadOptions) => calls.track(() => read(lender, uri, options)) }),
    ...(has('openRead') && {
      readStream: (uri: string, options?: ArtifactReadOptions) =>
        calls.track(() => downloadArtifact(port, uri, options ?? {})),
    }),
    ...(has('write') && {
      write: (uri: string, data: unknown, options?: ArtifactWriteOptions) =>
        calls.track(() => write(lender, { uri, data, options, canStream: has('openWrite') })),
    }),
    ...(has('openWrite') && { writeStream }),
  };
  // The members are those of GuestArtifacts by construction: each is named after its function.
  return Object.freeze(members) as Partial<GuestArtifacts>;
}

/** Functions that are handed on as they are. */
const PLAIN: ReadonlySet<string> = new Set(['stat', 'list', 'wait', 'delete', 'copy']);

type ReadOptions = ArtifactReadOptions & { readonly as?: unknown };

async function read({ port }: Lender, uri: string, options: ReadOptions = {}): Promise<unknown> {
  const { as, signal, ...rest } = options;
  if (as !== undefined && as !== 'text' && as !== 'json') throw invalidArgument("`as` is 'text', 'json' or absent");
  signal?.throwIfAborted();
  // The host's own answer: this side trusts it.
  const { bytes } = (await port.call('artifacts.read', [uri, rest], signal)) as { readonly bytes: Uint8Array };
  if (as === undefined) return bytes;
  return as === 'text' ? decodeText(bytes) : decodeJson(bytes);
}

interface Write {
  readonly uri: string;
  readonly data: unknown;
  readonly options: ArtifactWriteOptions | undefined;
  readonly canStream: boolean;
}

async function write({ port }: Lender, { uri, data, options = {}, canStream }: Write): Promise<unknown> {
  const { signal, ...rest } = options;
  const { bytes, contentType } = toArtifactBytes(data);
  const filled = { ...rest, contentType: rest.contentType ?? contentType };
  if (canStream && bytes.byteLength > WHOLE_BYTES)
    return await uploadArtifact({ port, uri, body: once(bytes), options: filled, signal });
  signal?.throwIfAborted();
  return await port.call('artifacts.write', [uri, bytes, filled], signal);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
