import { createError, parseJson } from '@kb-labs/contracts';
import type { ArtifactInfo, PluginError } from '@kb-labs/contracts';
import { quote } from './artifact-path.js';
import { corrupt } from './store-errors.js';

/** What bytes can be read as. */
export type DataForm = 'text' | 'json';

/** Throws `ERR_INVALID_ARGUMENT` for a form that there is not. */
export function assertForm(form: unknown): void {
  if (form === undefined || form === 'text' || form === 'json') return;
  throw createError('ERR_INVALID_ARGUMENT', `"as" is ${quote(form)}, not "text" or "json"`);
}

/** The pieces of a body in memory of their own. Throws `ERR_ARTIFACT_CORRUPT` where they are more than was said. */
export async function joinChunks(body: AsyncIterable<Uint8Array>, info: ArtifactInfo): Promise<Uint8Array> {
  const bytes = new Uint8Array(info.bytes);
  let length = 0;
  for await (const chunk of body) {
    if (length + chunk.byteLength > bytes.byteLength) throw corrupt(info.uri, 'it has more bytes than were written');
    bytes.set(chunk, length);
    length += chunk.byteLength;
  }
  if (length < bytes.byteLength) throw corrupt(info.uri, 'it has fewer bytes than were written');
  return bytes;
}

/** Bytes as they are, their text, or what their JSON says. Throws `ERR_INVALID_ARGUMENT` for what is no UTF-8 or no JSON. */
export function decodeData(bytes: Uint8Array, form: DataForm | undefined, uri: string): unknown {
  if (form === undefined) return bytes;
  const text = decodeText(bytes, uri);
  if (form === 'text') return text;
  try {
    return parseJson(text);
  } catch (error) {
    throw wrongForm(uri, 'JSON', error);
  }
}

function decodeText(bytes: Uint8Array, uri: string): string {
  try {
    // A mark of the byte order is a character of the text as all others are.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw wrongForm(uri, 'UTF-8 text', error);
  }
}

function wrongForm(uri: string, form: string, cause: unknown): PluginError {
  return createError('ERR_INVALID_ARGUMENT', `${uri} is no ${form}`, {
    details: { uri },
    hint: 'read it as bytes',
    cause,
  });
}
