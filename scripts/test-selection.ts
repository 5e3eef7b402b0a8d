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
  'test/fs/overlay-directory.test.ts',
];

/** They ask Node for nothing but requests over HTTP. */
const NEWEST_IS_ENOUGH = ['artifacts-s3'];

/** What asks nothing of Node but what the oldest supported version has: that one and the newest are enough. */
const BOTH_ENDS_ARE_ENOUGH: LeftOut = {
  files: [
    'test/bundle/**',
    'test/interpreter/**',
    'test/wire/**',
    'test/dry-run.test.ts',
    'test/invoke.test.ts',
    'test/network.test.ts',
    'test/readme-examples.test.ts',
    'test/rooms.test.ts',
    'test/shell.test.ts',
    'test/what-is-left.test.ts',
    'test/same-everywhere.test.ts',
    'test/rule-grammars.test.ts',
    'test/facade-examples.test.ts',
    'test/public-names.test.ts',
    'test/floor-plan.test.ts',
    'test/page-links.test.ts',
    'test/regressions*.test.ts',
    // What the host decides wherever a handler runs: paths, addresses, artifacts, events, rules, records.
    'test/attacks/{a,l,m,n,o}-*.test.ts',
    'test/attacks/c-{a,c,re,u}*.test.ts',
  ],
  packages: [
    'analytics',
    'artifacts',
    'artifacts-s3',
    'bench',
    'capabilities',
    'conformance',
    'contracts',
    'diagnostics',
    'events',
    'example-host',
    'host-api',
    'permissions',
    'presenters',
    'redaction',
    'rotating-file',
    'runtime',
    'soak',
  ],
};

/** Node 26 is developed on, 22 is the oldest, 24 lies between: there the sandboxes, the walls, the attacks and the faults are tried. */
export function selectTests(version: string): LeftOut {
  const [major] = version.split('.');
  if (major === '26') return { files: [], packages: [] };
  if (major !== '24') return { files: ONCE_IS_ENOUGH, packages: NEWEST_IS_ENOUGH };
  return { ...BOTH_ENDS_ARE_ENOUGH, files: [...ONCE_IS_ENOUGH, ...BOTH_ENDS_ARE_ENOUGH.files] };
}
