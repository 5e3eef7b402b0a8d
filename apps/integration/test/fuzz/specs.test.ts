import { assert, oneof, property } from 'fast-check';
import { isPluginError } from '@kb-labs/contracts';
import type { PermissionPolicy } from '@kb-labs/contracts';
import { compilePolicy, parsePermissionSpec } from '@kb-labs/permissions';
import { createPluginContext, createRuntime, parseManifest } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { budget } from './budget.js';
import { armed, createTripwire, hostileTree, mutated } from './hostile-values.js';

const SPEC = {
  fs: { mode: 'readWrite', allow: ['src/**', '.'], deny: ['secret'], reason: 'needs them' },
  net: { allow: ['https://api.example.com:8443', '10.0.0.0/8', '*.cdn.example.com'], deny: ['10.1.0.0/16'] },
  env: { allow: ['APP_*', 'HOME'], deny: ['APP_KEY'] },
  artifacts: { read: [{ from: '@acme/other', paths: ['**'], types: ['text/*'] }], write: [{ paths: ['out/*'] }] },
  events: { produce: ['a.*'], consume: ['a.**'], scopes: ['plugin'] },
  invoke: { allow: ['@acme/*'] },
  shell: { allow: [{ command: '/usr/bin/true', args: ['--*'] }] },
  quotas: { timeoutMs: 1_000, memoryMb: 64 },
} as const;

const MANIFEST = {
  schema: 'kb.plugin/1',
  id: '@acme/plugin',
  version: '1.2.3',
  displayName: 'A plugin',
  engines: { runtime: '*' },
  handlers: { run: { handler: './handlers.js#run', input: './schemas.js#Input' }, other: { handler: './x.ts#y' } },
  capabilities: ['fs.read', 'net.fetch@^1'],
  permissions: SPEC,
  artifacts: [{ name: 'report', pathTemplate: '{runId}/{date}.md', from: '/report', version: '1.0.0', ttlMs: 1_000 }],
} as const;

const CONTEXT = {
  capabilities: ['fs.*', 'acme.mail'],
  permissions: SPEC,
  plugin: { id: 'x', version: '1.0.0' },
  env: { A: 'b' },
  profile: 'dev',
  templateVariables: { team: 'a' },
  dryRun: true,
} as const;

/** Every name that stands in a document. */
function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return [...new Set(Object.entries(value).flatMap(([key, member]) => [key, ...keysOf(member)]))];
}

/** A JSON pointer (RFC 6901), or that of the whole document. */
const POINTER = /^(?:\/(?:[^~/]|~[01])*)*…?$/u;

/** What came of a value: what may be used, or an error. */
type Outcome = { readonly value: unknown } | { readonly error: unknown };

function outcomeOf(parse: (value: unknown) => unknown, value: unknown): Outcome {
  try {
    return { value: parse(value) };
  } catch (error) {
    return { error };
  }
}

/** Holds a parser to its word: a value that may be used, or one typed error with a place, soon. */
function holdToItsWord(parse: (value: unknown) => unknown, value: unknown, code: string): Outcome {
  const start = performance.now();
  const outcome = outcomeOf(parse, value);
  expect(performance.now() - start).toBeLessThan(2_000);
  expect(Object.keys(Object.prototype)).toEqual([]);
  if ('value' in outcome) return outcome;
  const { error } = outcome;
  if (!isPluginError(error)) throw new Error('it threw something else', { cause: error });
  const { pointer, ...details } = error.details;
  if (error.code !== code || !POINTER.test(String(pointer)))
    throw new Error(`${error.code} at ${String(pointer)}`, { cause: error });
  if (error.message.length + JSON.stringify(details).length > 20_000) throw new Error('it says too much');
  return outcome;
}

const CASES = [
  {
    name: 'a permission spec',
    valid: SPEC,
    code: 'ERR_CONFIG_INVALID',
    parse: (value: unknown) => parsePermissionSpec(value),
  },
  {
    name: 'a manifest',
    valid: MANIFEST,
    code: 'ERR_MANIFEST_INVALID',
    parse: (value: unknown) => parseManifest(value),
  },
] as const;

describe('any value', () => {
  it.each(CASES)('as $name gives plain data, or one typed error that says where', ({ valid, code, parse }) => {
    const tripwire = createTripwire();
    const tree = hostileTree(keysOf(valid));
    const given = oneof({ weight: 1, arbitrary: tree }, { weight: 3, arbitrary: mutated(valid, tree) });
    assert(
      property(given, (value) => {
        const outcome = holdToItsWord(parse, armed(value, tripwire), code);
        // What was taken is plain data, and is taken again as it is.
        const taken = 'value' in outcome ? outcome.value : parse(valid);
        expect(parse(JSON.parse(JSON.stringify(taken)))).toEqual(taken);
      }),
      budget(120),
    );
    expect(tripwire.count()).toBe(0);
  });

  it('as the spec of a policy gives a policy that never throws, or one typed error that says where', () => {
    const tripwire = createTripwire();
    const tree = hostileTree(keysOf(SPEC));
    const given = oneof({ weight: 1, arbitrary: tree }, { weight: 3, arbitrary: mutated(SPEC, tree) });
    const compile = (spec: unknown): PermissionPolicy =>
      Reflect.apply(compilePolicy, undefined, [spec, { root: '/srv' }]);
    const requests = [
      { kind: 'fs', operation: 'read', path: '../etc/passwd' },
      { kind: 'fs', operation: 'write', path: 'src/.git/config' },
      { kind: 'net', url: 'http://169.254.169.254/' },
      { kind: 'env', name: 'NODE_OPTIONS' },
    ] as const;
    assert(
      property(given, (value) => {
        const outcome = holdToItsWord(compile, armed(value, tripwire), 'ERR_CONFIG_INVALID');
        if ('error' in outcome) return;
        // Whatever the spec has become, what no spec can grant is not granted.
        const policy = compile(armed(value, tripwire));
        expect(requests.map((request) => policy.check(request).allowed)).toEqual([false, false, false, false]);
      }),
      budget(120),
    );
    expect(tripwire.count()).toBe(0);
  });

  it('as the options of a context or a runtime gives one, or one typed error that says where', () => {
    // Options hold objects of the host's own, whose members are looked up: that may run code of theirs, and is no breach.
    const tripwire = createTripwire();
    const tree = hostileTree([...keysOf(CONTEXT), 'sandbox', 'observers', 'signal', 'registry', 'audit']);
    const given = oneof({ weight: 1, arbitrary: tree }, { weight: 3, arbitrary: mutated(CONTEXT, tree) });
    const makers: readonly ((options: unknown) => unknown)[] = [
      (options) => Reflect.apply(createPluginContext, undefined, [options]),
      (options) => Reflect.apply(createRuntime, undefined, [options]),
    ];
    assert(
      property(given, (value) => {
        for (const make of makers) holdToItsWord(make, armed(value, tripwire), 'ERR_CONFIG_INVALID');
      }),
      budget(80),
    );
    for (const make of makers) expect(outcomeOf(make, {})).toBeDefined();
  });
});
