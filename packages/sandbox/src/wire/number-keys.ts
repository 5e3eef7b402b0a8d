/** Number-like keys of Maps and entries of Sets in one value, all together. */
export const MAX_NUMBER_KEYS = 4_096;

const INDEX = /^\d{1,16}$/;

/**
 * How many of these are numbers, bigints or text that looks like an array index. V8 hashes them without a seed, so a guest can choose
 * ones that collide: 60 000 of them in a Set, 1 MiB on the wire, stop a host for 2.5 s (Node 22, 24 and 26 alike).
 */
export function countNumberKeys(keys: readonly unknown[]): number {
  return keys.filter(
    (key) => typeof key === 'number' || typeof key === 'bigint' || (typeof key === 'string' && INDEX.test(key)),
  ).length;
}
