import { createRequire } from 'node:module';

/** The version of this runtime: what a manifest's `engines.runtime` is compared with. Read from package.json, so the two never differ. */
export const RUNTIME_VERSION: string = readVersion();

function readVersion(): string {
  const packageJson: unknown = createRequire(import.meta.url)('../package.json');
  if (typeof packageJson !== 'object' || packageJson === null || !('version' in packageJson)) return '0.0.0';
  return String(packageJson.version);
}
