/**
 * @typedef {{ readonly config: string | undefined }} TidyInput
 */

/** A Standard Schema by hand: `config` is the JSON file that gets the note; without it, none does. */
export const input = {
  '~standard': {
    version: 1,
    vendor: 'example-host',
    /** @param {unknown} value */
    validate(value) {
      if (typeof value !== 'object' || value === null)
        return refuse('write an object such as { "config": "tidy.json" }');
      const { config, ...others } = /** @type {Record<string, unknown>} */ (value);
      const [unknown] = Object.keys(others);
      if (unknown !== undefined) return refuse('is not known; there is only "config"', unknown);
      if (config !== undefined && (typeof config !== 'string' || !/^[\w.-]{1,80}\.json$/u.test(config))) {
        return refuse('write the name of a JSON file in the root', 'config');
      }
      return { value: { config } };
    },
  },
};

/** @param {string} message @param {string[]} path */
function refuse(message, ...path) {
  return { issues: [{ message, path }] };
}
