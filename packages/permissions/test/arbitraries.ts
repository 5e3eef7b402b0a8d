import type { PermissionRequest, PermissionSpec } from '@kb-labs/contracts';
import * as fc from 'fast-check';

const name = fc.constantFrom('src', 'lib', 'a.ts', 'b', '.env', '.git', 'config', 'node_modules', '.bin');
const pattern = fc.oneof(name, fc.constantFrom('*', '**', '*.ts', '?'));
const fsRule = fc.array(pattern, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'));
const host = fc.constantFrom('a.test', 'b.a.test', 'localhost', '10.0.0.1', '8.8.8.8', '[fd00::1]', '169.254.169.254');
const netRule = fc.oneof(
  fc
    .tuple(fc.constantFrom('', 'http://', 'https://'), host, fc.constantFrom('', ':*', ':8443'))
    .map((all) => all.join('')),
  fc.constantFrom('*.a.test', '10.0.0.0/8', 'http://0.0.0.0/0', 'fd00::/8'),
);
const envRule = fc.constantFrom('HOME', 'APP_A', 'APP_*', 'AP*', 'NODE_ENV', 'NODE_*', 'NO*');

function lists(rule: fc.Arbitrary<string>): { allow: fc.Arbitrary<string[] | null>; deny: fc.Arbitrary<string[]> } {
  return {
    allow: fc.option(fc.array(rule, { maxLength: 4 }), { freq: 8 }),
    deny: fc.oneof(
      { weight: 2, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: fc.array(rule, { maxLength: 2 }) },
    ),
  };
}

const fsSpec = fc.record(
  { mode: fc.constantFrom('read' as const, 'readWrite' as const), ...lists(fsRule) },
  { requiredKeys: ['mode'] },
);
const quotas = fc.record(
  { timeoutMs: fc.integer({ min: 1, max: 60_000 }), maxFetches: fc.nat(200), maxInvokeDepth: fc.nat(32) },
  { requiredKeys: [] },
);
const plugin = fc.constantFrom('@acme/a', '@acme/b', 'plain');
const invokeRule = fc.oneof(
  fc.constant('@acme/*'),
  fc
    .tuple(plugin, fc.constantFrom('', '@*', '@^1', '@<2', '@1.0.0-rc.1', '@>=1 <3'), fc.constantFrom('', ':run', ':x'))
    .map((parts) => parts.join('')),
);
const command = fc.constantFrom('/usr/bin/ls', '/usr/bin/git', '/usr/bin/python3.12');
const shellRule = fc.record(
  {
    command,
    args: fc
      .tuple(
        fc.array(fc.constantFrom('log', '*', '-?', '--depth=*', 'a*b', '?'), { maxLength: 2 }),
        fc.constantFrom([], ['**']),
      )
      .map(([patterns, rest]) => [...patterns, ...rest]),
    interpreter: fc.constant(true as const),
  },
  { requiredKeys: ['command'] },
);

/** Specs whose rules often meet the questions below. */
export const specs: fc.Arbitrary<PermissionSpec | null> = fc.option(
  fc.record(
    {
      fs: fc.option(fsSpec, { freq: 8 }),
      net: fc.option(fc.record(lists(netRule), { requiredKeys: [] }), { freq: 8 }),
      env: fc.option(fc.record(lists(envRule), { requiredKeys: [] }), { freq: 8 }),
      invoke: fc.option(fc.record(lists(invokeRule), { requiredKeys: [] }), { freq: 8 }),
      shell: fc.option(fc.record({ allow: fc.array(shellRule, { maxLength: 4 }) }), { freq: 8 }),
      quotas,
    },
    { requiredKeys: [] },
  ),
  { freq: 12 },
);

const path = fc.oneof(
  { weight: 6, arbitrary: fc.array(name, { maxLength: 4 }).map((segments) => `./${segments.join('/')}`) },
  { weight: 1, arbitrary: fc.constantFrom('..', '../x', '\0', '', 'src/../../x', '[a]{b}*!.ts', 'c:/x', '~/x') },
);
const url = fc
  .tuple(fc.constantFrom('http', 'https', 'ws'), host, fc.constantFrom('', ':8443', ':25', ':80'))
  .map(([scheme, name, port]) => `${scheme}://${name}${port}/`);

/** Questions, well formed or hostile. */
export const requests: fc.Arbitrary<PermissionRequest> = fc.oneof(
  fc.record({
    kind: fc.constant('fs' as const),
    operation: fc.constantFrom('read', 'write', 'delete', 'list', 'stat'),
    path,
  }),
  fc.record({ kind: fc.constant('net' as const), url }),
  fc.record({
    kind: fc.constant('env' as const),
    name: fc.constantFrom('HOME', 'APP_A', 'APP_B', 'NODE_ENV', 'A*', ''),
  }),
  fc.record({
    kind: fc.constant('invoke' as const),
    target: fc.record({
      pluginId: fc.oneof(plugin, fc.constant('../x')),
      range: fc.constantFrom('*', '^1', '>=1', '2.x || 3.x', 'latest'),
      handler: fc.constantFrom('run', 'x', 'y', '*'),
    }),
    version: fc.constantFrom(undefined, '1.0.0', '1.5.0-rc.1', '1.0.0-rc.1', '2.0.0', 'latest'),
  }),
  fc.record({
    kind: fc.constant('shell' as const),
    command: fc.oneof(command, fc.constantFrom('/bin/sh', 'ls', '/usr/../bin/ls', '')),
    args: fc.array(fc.constantFrom('log', '-n', '--depth=1', '--upload-pack=x', 'acb', '', 'x y', '*', '\0'), {
      maxLength: 3,
    }),
  }),
);

/** Addresses that a name may resolve to. */
export const addresses: fc.Arbitrary<string> = fc.constantFrom(
  '8.8.8.8',
  '10.0.0.1',
  '127.0.0.1',
  '169.254.169.254',
  '::ffff:10.0.0.1',
  'fd00::1',
  '2606:4700::1',
  '64:ff9b::a00:1',
  'x',
);
