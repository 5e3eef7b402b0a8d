import { plainName, showName } from './name-text.js';
import { PluginError } from './plugin-error.js';

const SHOWN = 10;

/** Thrown where a plugin requires what the host does not grant or provide. Names at most ten of them. */
export class CapabilityMissingError extends PluginError {
  override readonly name = 'CapabilityMissingError';
  override readonly code = 'ERR_CAPABILITY_MISSING';

  constructor(missing: readonly string[]) {
    const shown = missing.slice(0, SHOWN);
    const rest = missing.length > SHOWN ? ` and ${missing.length - SHOWN} more` : '';
    const names = `${shown.map(showName).join(', ')}${rest}`;
    super(`the plugin requires what is not granted: ${names}`, {
      details: { missing: shown.map(plainName), count: missing.length },
      hint: `grant ${names} in the context, in a version that the plugin accepts, or use a plugin that needs less`,
    });
  }
}
