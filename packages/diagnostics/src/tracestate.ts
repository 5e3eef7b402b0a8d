const MAX_LENGTH = 512;
// https://www.w3.org/TR/trace-context-1/#tracestate-header
const MEMBER =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MAX_MEMBERS = 32;

/**
 * Reads a `tracestate`, to be passed on as it is: without empty members, otherwise unchanged. `undefined` for one that is malformed, that
 * names a vendor twice, or that has more than 32 members or 512 characters: it is then left out, as the specification says.
 */
export function parseTracestate(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  const members = text.split(',').map((member) => member.replaceAll(/^[\t ]+|[\t ]+$/g, ''));
  const kept = members.filter((member) => member !== '');
  const keys = new Set(kept.map((member) => member.slice(0, member.indexOf('='))));
  const isValid = kept.every((member) => MEMBER.test(member)) && keys.size === kept.length;
  return isValid && kept.length > 0 && kept.length <= MAX_MEMBERS ? kept.join(',') : undefined;
}
