import { createRequire } from 'node:module';
import type Semver from 'semver';

const require = createRequire(import.meta.url);

/** The library, loaded when it is first asked for: its fifty files take longer than all of this package, and most runs compare no versions. */
export function semver(): typeof Semver {
  return require('semver');
}
