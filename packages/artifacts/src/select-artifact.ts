import { createError } from '@kb-labs/contracts';
import { quote } from './artifact-path.js';

/**
 * The part of plain data that a JSON pointer (RFC 6901) names, `undefined` where there is none. Sees own data properties and array
 * elements alone: no prototypes, no getters, no bytes. Throws `ERR_MANIFEST_INVALID` for a malformed pointer.
 */
export function selectArtifact(output: unknown, pointer: string): unknown {
  let part = output;
  for (const token of parsePointer(pointer)) part = memberOf(part, token);
  return part;
}

/** The steps of a JSON pointer. Throws `ERR_MANIFEST_INVALID`. */
export function parsePointer(pointer: string): readonly string[] {
  if (pointer === '') return [];
  if (typeof pointer !== 'string' || !pointer.startsWith('/') || /~(?![01])/.test(pointer)) {
    throw createError('ERR_MANIFEST_INVALID', `${quote(pointer)} is not a JSON pointer`, {
      hint: 'write "" for all of the output, or "/report/text" for a part of it; "~" is written "~0" and "/" "~1"',
    });
  }
  // `~1` first, or `~01` would become a slash.
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function memberOf(value: unknown, token: string): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  if (Array.isArray(value) && !/^(?:0|[1-9][0-9]*)$/.test(token)) return undefined;
  const property = Object.getOwnPropertyDescriptor(value, token);
  return property !== undefined && 'value' in property ? property.value : undefined;
}
