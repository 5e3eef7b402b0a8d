/** Characters of a plugin id, the scope included. */
export const MAX_PLUGIN_ID: number = 214;

/**
 * How npm names packages, `name` or `@scope/name` in lower case, without what Windows cannot store: the names of devices,
 * and a dot at the end. `self` names nobody: in rules and URIs it is whoever asks. Says nothing about the length.
 */
export const PLUGIN_ID_PATTERN: RegExp =
  /^(?!node_modules$|favicon\.ico$|self$)(?:@[a-z0-9~-](?:[a-z0-9._~-]*[a-z0-9_~-])?\/)?(?!(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$))[a-z0-9~-](?:[a-z0-9._~-]*[a-z0-9_~-])?$/;

/** Tells whether a value can be the id of a plugin: a folder of that name can exist on every platform. */
export function isPluginId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_PLUGIN_ID && PLUGIN_ID_PATTERN.test(value);
}
