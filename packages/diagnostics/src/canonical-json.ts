import type { JsonValue } from '@kb-labs/contracts';

/** JSON in which the order of keys makes no difference: equal values have equal texts. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
