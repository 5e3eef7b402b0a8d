import { createError } from '@kb-labs/contracts';

/**
 * Throws `ERR_CONFIG_INVALID` where Node is too old for `least`, such as `>=22.18`. npm only warns of that, and what then fails says nothing
 * of it. It reads no other ranges, for a library that does takes longer to load than this file and its neighbours.
 */
export function assertNodeVersion(least: string, version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.slice('>='.length).split('.').map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  throw createError('ERR_CONFIG_INVALID', `Node ${least} is needed, and this is ${version}`, {
    hint: 'run the host with a newer Node',
  });
}
