// Standard Schemas by hand: a plugin can load its own folder alone, and these are too small to ship a library for.

/**
 * @typedef {{ readonly title: string }} ReportInput
 * @typedef {{ readonly message: string, readonly path?: readonly string[] }} Issue
 * @typedef {{ readonly value: unknown } | { readonly issues: readonly Issue[] }} Outcome
 */

/** Fills in the title. An unknown member is refused, as a misspelt one would be ignored otherwise. */
export const input = schema((value) => {
  if (!isRecord(value)) return [{ message: 'write an object such as { "title": "My workspace" }' }];
  const unknown = Object.keys(value).find((key) => key !== 'title');
  if (unknown !== undefined) return [{ message: 'is not known; there is only "title"', path: [unknown] }];
  const title = value['title'] ?? 'Dependencies';
  if (typeof title !== 'string' || title.length > 120) {
    return [{ message: 'write a text of at most 120 characters', path: ['title'] }];
  }
  return { title };
});

/** What the declared artifact and the host rely on. */
export const output = schema((value) => {
  if (!isRecord(value)) return [{ message: 'is no object' }];
  if (typeof value['markdown'] !== 'string') return [{ message: 'is no text', path: ['markdown'] }];
  if (!isRecord(value['summary'])) return [{ message: 'is no object', path: ['summary'] }];
  return value;
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
