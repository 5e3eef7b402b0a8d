/** What is not run on a version of Node because it was run on another: globs of files within a package, and names of packages. */
export interface LeftOut {
  readonly files: readonly string[];
  readonly packages: readonly string[];
}

/** They try the same code of the host in the same way on every Node: the one that is developed on is enough. */
const ONCE_IS_ENOUGH = [
  'test/fuzz/**',
  'test/races/**',
  'test/publish.test.ts',
  'test/leftovers.test.ts',
  'test/worker-adapter.test.ts',
  'test/fs/large-trees.test.ts',
];

/** They ask nothing of Node but what the oldest supported version has: that one and the newest are enough. */
const BOTH_ENDS_ARE_ENOUGH = [
  'analytics',
  'artifacts',
  'artifacts-s3',
  'capabilities',
  'contracts',
  'diagnostics',
  'events',
  'permissions',
  'presenters',
  'redaction',
  'rotating-file',
];

/** Node 26 is developed on, 22 is the oldest, 24 lies between. */
export function selectTests(version: string): LeftOut {
  const [major] = version.split('.');
  return { files: major === '26' ? [] : ONCE_IS_ENOUGH, packages: major === '24' ? BOTH_ENDS_ARE_ENOUGH : [] };
}
