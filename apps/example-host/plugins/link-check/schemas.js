/**
 * @typedef {{ readonly name: string, readonly maxLinks: number }} CheckInput
 */

const MAX_LINKS = 2000;
const NAME = /^[a-z][a-z0-9-]{0,39}$/u;

/** A Standard Schema by hand: `name` tells this check from others, and `maxLinks` (500 where nothing is said) links are looked at. */
export const input = {
  '~standard': {
    version: 1,
    vendor: 'example-host',
    /** @param {unknown} value */
    validate(value) {
      if (typeof value !== 'object' || value === null) return refuse('write an object such as { "maxLinks": 100 }');
      const { name = 'latest', maxLinks = 500, ...others } = /** @type {Record<string, unknown>} */ (value);
      const [unknown] = Object.keys(others);
      if (unknown !== undefined) return refuse('is not known; there are "name" and "maxLinks"', unknown);
      if (typeof name !== 'string' || !NAME.test(name)) {
        return refuse('write up to 40 lower-case letters, digits and dashes', 'name');
      }
      if (!Number.isInteger(maxLinks) || Number(maxLinks) < 1 || Number(maxLinks) > MAX_LINKS) {
        return refuse(`write a whole number from 1 to ${MAX_LINKS}`, 'maxLinks');
      }
      return { value: { name, maxLinks } };
    },
  },
};

/** @param {string} message @param {string[]} path */
function refuse(message, ...path) {
  return { issues: [{ message, path }] };
}
