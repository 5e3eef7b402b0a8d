/**
 * @typedef {{ readonly name: string, readonly waitMs: number }} DigestInput
 * @typedef {{ readonly message: string, readonly path?: readonly string[] }} Issue
 * @typedef {{ readonly value: unknown } | { readonly issues: readonly Issue[] }} Outcome
 */

const NAME = /^[a-z][a-z0-9-]{0,39}$/u;
const MAX_WAIT_MS = 60_000;

/** Which review and which check are summed up, and how many milliseconds (10 000 where nothing is said) they are waited for. */
export const input = schema((value) => {
  if (!isRecord(value)) return [{ message: 'write an object such as { "name": "latest" }' }];
  const { name = 'latest', waitMs = 10_000, ...others } = value;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return [{ message: 'is not known; there are "name" and "waitMs"', path: [unknown] }];
  if (typeof name !== 'string' || !NAME.test(name)) {
    return [{ message: 'write up to 40 lower-case letters, digits and dashes', path: ['name'] }];
  }
  if (!Number.isInteger(waitMs) || Number(waitMs) < 1 || Number(waitMs) > MAX_WAIT_MS) {
    return [{ message: `write a whole number from 1 to ${MAX_WAIT_MS}`, path: ['waitMs'] }];
  }
  return { name, waitMs };
});

/** What the host relies on. */
export const output = schema((value) => {
  if (!isRecord(value)) return [{ message: 'is no object' }];
  const missing = ['review', 'links', 'dependencies', 'uri', 'command'].find((name) => value[name] === undefined);
  return missing === undefined ? value : [{ message: 'is missing', path: [missing] }];
});

/** @param {(value: unknown) => object} check Gives the value back, or an array of issues. */
function schema(check) {
  return {
    '~standard': {
      version: 1,
      vendor: 'example-host',
      /** @type {(value: unknown) => Outcome} */
      validate(value) {
        const result = check(value);
        return Array.isArray(result) ? { issues: result } : { value: result };
      },
    },
  };
}

/** @type {(value: unknown) => value is Record<string, unknown>} */
function isRecord(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
