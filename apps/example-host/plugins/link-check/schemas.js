/**
 * @typedef {{ readonly maxLinks: number }} CheckInput
 */

const MAX_LINKS = 2000;

/** A Standard Schema by hand: `maxLinks` is the most links that are looked at, 500 where nothing is said. */
export const input = {
  '~standard': {
    version: 1,
    vendor: 'example-host',
    /** @param {unknown} value */
    validate(value) {
      if (typeof value !== 'object' || value === null) return refuse('write an object such as { "maxLinks": 100 }');
      const { maxLinks = 500, ...others } = /** @type {Record<string, unknown>} */ (value);
      const [unknown] = Object.keys(others);
      if (unknown !== undefined) return refuse('is not known; there is only "maxLinks"', unknown);
      if (!Number.isInteger(maxLinks) || Number(maxLinks) < 1 || Number(maxLinks) > MAX_LINKS) {
        return refuse(`write a whole number from 1 to ${MAX_LINKS}`, 'maxLinks');
      }
      return { value: { maxLinks } };
    },
  },
};

/** @param {string} message @param {string[]} path */
function refuse(message, ...path) {
  return { issues: [{ message, path }] };
}
