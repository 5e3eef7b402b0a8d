import { createRequire } from 'node:module';
import type * as Jsonc from 'jsonc-parser';

const require = createRequire(import.meta.url);

/** The library, loaded when it is first asked for: few plugins have to do with configuration. */
export function jsonc(): typeof Jsonc {
  return require('jsonc-parser');
}
