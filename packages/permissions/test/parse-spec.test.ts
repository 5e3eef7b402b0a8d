import { performance } from 'node:perf_hooks';
import { runInNewContext } from 'node:vm';
import { isPluginError } from '@kb-labs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parsePermissionSpec, permissionSpecSchema } from '../src/index.js';

function refusal(value: unknown): { code: unknown; message: string; pointer: unknown; issues: unknown } {
  try {
    parsePermissionSpec(value);
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'details' in error) {
      const { pointer, issues } = z
        .looseObject({ pointer: z.string(), issues: z.array(z.unknown()) })
        .parse(error.details);
      return { code: error.code, message: error.message, pointer, issues };
    }
    throw error;
  }
  throw new Error('was parsed');
}

describe('parsePermissionSpec', () => {
  it('copies what is well formed', () => {
    const spec = {
      fs: { mode: 'readWrite', allow: ['src'], deny: null, reason: 'to build' },
      net: { allow: [], reason: '' },
      env: null,
      artifacts: { read: [{ from: 'self', paths: ['**'], types: ['text/*'] }], write: [{ paths: ['a/*.md'] }] },
      events: { produce: ['report.done'], consume: ['**'], scopes: ['host'] },
      invoke: { allow: ['@acme/report@^1:render'], deny: null },
      shell: { allow: [{ command: '/bin/ls' }, { command: '/bin/sh', args: ['-c', '**'], interpreter: true }] },
      quotas: { timeoutMs: 1, maxFetches: 0, maxInvokeDepth: 0 },
    };
    const parsed = parsePermissionSpec(spec);
    expect(parsed).toEqual(spec);
    expect(parsed).not.toBe(spec);
    expect(parsed.fs?.allow).not.toBe(spec.fs.allow);
  });

  it('takes a spec of another realm, and members that are undefined', () => {
    expect(parsePermissionSpec(runInNewContext('({ env: { allow: ["HOME"] } })'))).toEqual({
      env: { allow: ['HOME'] },
    });
    expect(parsePermissionSpec({ fs: undefined, env: Object.create(null) })).toEqual({ env: {} });
  });

  it.each<[string, unknown, string, string]>([
    [
      'a misspelt key',
      { fs: { mode: 'read', alow: ['src'] } },
      '/fs/alow',
      'there is no key "alow"; did you mean "allow"?',
    ],
    ['a misspelt quota', { quotas: { timeoutms: 1 } }, '/quotas/timeoutms', 'did you mean "timeoutMs"?'],
    [
      'a key near nothing',
      { clipboard: {} },
      '/clipboard',
      'write one of fs, net, env, artifacts, events, invoke, shell, quotas',
    ],
    ['a misspelt section', { artefacts: {} }, '/artefacts', 'did you mean "artifacts"?'],
    ['a key with a slash', { 'a/b~c': {} }, '/a~1b~0c', 'there is no key'],
    ['__proto__', JSON.parse('{"fs":{"mode":"read","__proto__":{"allow":["."]}}}'), '/fs/__proto__', 'there is no key'],
    ['constructor', { constructor: {} }, '/constructor', 'there is no key'],
    ['true', true, '', 'must be an object, not true'],
    ['a string', { net: { allow: '*' } }, '/net/allow', 'must be a list, not "*"'],
    ['every host', { net: { allow: ['a.b', '*'] } }, '/net/allow/1', 'every host'],
    ['every variable', { env: { allow: ['*'] } }, '/env/allow/0', 'write each name'],
    ['no mode', { fs: { allow: [] } }, '/fs/mode', 'is missing; write "read" or "readWrite"'],
    ['braces', { fs: { mode: 'read', allow: ['{1..1000000}'] } }, '/fs/allow/0', 'has braces'],
    ['negation', { fs: { mode: 'read', deny: ['!secret'] } }, '/fs/deny/0', 'starts with "!"'],
    ['a long rule', { fs: { mode: 'read', deny: ['a'.repeat(1025)] } }, '/fs/deny/0', '1024'],
    ['many rules', { env: { allow: Array.from({ length: 1001 }, () => 'A') } }, '/env/allow', 'at most 1000'],
    [
      'many globs',
      { fs: { mode: 'read', allow: Array.from({ length: 257 }, (_, i) => `${i}/*`) } },
      '/fs/allow',
      'at most 256 globs',
    ],
    [
      'a getter',
      Object.defineProperty({}, 'fs', { enumerable: true, get: () => expect.unreachable() }),
      '/fs',
      'not a getter',
    ],
    [
      'a getter in a list',
      { env: { allow: Object.defineProperty(['A'], 0, { get: () => expect.unreachable() }) } },
      '/env/allow/0',
      'not a getter',
    ],
    ['an instance', new URLSearchParams(), '', 'instance of a class'],
    ['a map', { fs: new Map() }, '/fs', 'instance of a class'],
    ['an heir', Object.create({ fs: { mode: 'read', allow: ['.'] } }), '', 'instance of a class'],
    ['a proxy', new Proxy({}, { ownKeys: () => expect.unreachable() }), '', 'not a proxy'],
    ['a function', { fs: (): void => undefined }, '/fs', 'not function'],
    ['a bigint', { quotas: { timeoutMs: 1n } }, '/quotas/timeoutMs', 'not bigint'],
    ['a symbol for a key', { [Symbol('fs')]: {} }, '', 'symbol for a key'],
    ['a hole', { env: { allow: Array.from({ length: 1 }).fill('A').concat(Array(1)) } }, '/env/allow/1', 'hole'],
  ])('refuses %s', (_, value, pointer, message) => {
    expect(refusal(value)).toEqual({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining(message),
      pointer,
      issues: [{ pointer, message: expect.stringContaining(message) }],
    });
  });

  it('refuses a circle', () => {
    const spec: Record<string, unknown> = {};
    spec['fs'] = spec;
    expect(refusal(spec).message).toContain('nested deeper');
  });

  it.each(['timeoutMs', 'memoryMb', 'maxInFlight', 'maxConcurrency', 'maxOutputBytes'])(
    'wants a whole %s above 0',
    (name) => {
      for (const limit of [0, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 53, '1', null]) {
        expect(refusal({ quotas: { [name]: limit } }).pointer).toBe(`/quotas/${name}`);
      }
    },
  );

  it('wants times that a timer can wait', () => {
    expect(parsePermissionSpec({ quotas: { timeoutMs: 2 ** 31 - 1 } })).toEqual({ quotas: { timeoutMs: 2 ** 31 - 1 } });
    expect(refusal({ quotas: { timeoutMs: 2 ** 31 } }).pointer).toBe('/quotas/timeoutMs');
    expect(refusal({ quotas: { maxFetches: -1 } }).pointer).toBe('/quotas/maxFetches');
    expect(refusal({ quotas: { maxInvokeDepth: 33 } }).pointer).toBe('/quotas/maxInvokeDepth');
  });

  it.each([
    [{ fs: { mode: 'write' } }, 'at /fs/mode: must be "read" or "readWrite", not "write"'],
    [{ quotas: { timeoutMs: 0 } }, 'at /quotas/timeoutMs: must be at least 1'],
    [{ quotas: { timeoutMs: 1.5 } }, 'at /quotas/timeoutMs: must be a whole number, not 1.5'],
    [{ quotas: { timeoutMs: 2 ** 40 } }, 'at /quotas/timeoutMs: must be at most 2147483647'],
    [{ quotas: { timeoutMs: '1' } }, 'at /quotas/timeoutMs: must be a number, not "1"'],
    [{ net: 'a.test' }, 'at /net: must be an object, not "a.test"'],
    [{ env: { allow: [null] } }, 'at /env/allow/0: must be a text, not null'],
    [{ env: { deny: ['A'.repeat(1025)] } }, 'at /env/deny/0: must have at most 1024 characters'],
    [{ artifacts: { write: [{ paths: [] }] } }, 'at /artifacts/write/0/paths: must not be empty'],
    [{ shell: { allow: [{}] } }, 'at /shell/allow/0/command: is missing; write a text'],
    [[], 'at the top: must be an object, not a list'],
  ])('tells what is wrong with %j in the voice of all messages', (spec, message) => {
    expect(refusal(spec).message).toBe(message);
  });

  it('describes ten of many mistakes, and counts the others', () => {
    const read = Array.from({ length: 1_000 }, () => ({ nonsense: 1, more: 2 }));
    const error = refusal({ artifacts: { read } });
    // Two keys that there are not, and two that are missing, for each rule.
    expect(error.message).toMatch(/^at \/artifacts\/read\/0\/nonsense: .* \(and 3999 more\)$/u);
    expect(error.issues).toHaveLength(10);
  });

  it('tells of a key that is misspelt before what is missing for it, and then of more than one', () => {
    const spec = { fs: { mod: 'read', allow: ['~'] }, net: 7 };
    expect(refusal(spec)).toMatchObject({
      message: 'at /fs/mod: there is no key "mod"; did you mean "mode"? (and 3 more)',
      issues: [{ pointer: '/fs/mod' }, { pointer: '/fs/mode' }, { pointer: '/fs/allow/0' }, { pointer: '/net' }],
    });
    const hintOf = (value: unknown): unknown => {
      try {
        return parsePermissionSpec(value);
      } catch (error) {
        return isPluginError(error) ? error.hint : error;
      }
    };
    expect(hintOf(spec)).toBe('details.issues has 4 of them, each with its pointer');
    expect(hintOf({ net: 7 })).toBeUndefined();
  });

  it('tells ten issues at most, soon', () => {
    const thousand = { env: { allow: Array.from({ length: 1000 }, () => '*') } };
    const million = { env: { allow: Array.from({ length: 1e6 }, () => '*') } };
    expect(refusal(thousand).issues).toHaveLength(10);
    expect(refusal(million).issues).toHaveLength(1);
    // The best of five: other processes may hold the processor in one.
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      refusal(thousand);
      refusal(million);
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(100);
  });

  it('tells where the spec stands in its document, and whose it is', () => {
    const parse = (): unknown =>
      parsePermissionSpec({ fs: { mode: 'write' } }, { pointer: '/permissions', code: 'ERR_MANIFEST_INVALID' });
    expect(parse).toThrow(
      expect.objectContaining({
        code: 'ERR_MANIFEST_INVALID',
        message: expect.stringContaining('at /permissions/fs/mode'),
        details: expect.objectContaining({ pointer: '/permissions/fs/mode' }),
      }),
    );
  });

  it('throws nothing else, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withMap: true, withSparseArray: true }), (value) => {
        const code = ((): unknown => {
          try {
            parsePermissionSpec(value);
            return 'none';
          } catch (error) {
            return isPluginError(error) ? error.code : error;
          }
        })();
        expect(['none', 'ERR_CONFIG_INVALID']).toContain(code);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('the sections of artifacts, events, invocations and commands', () => {
  const read = (rule: unknown): unknown => ({ artifacts: { read: [rule] } });
  const path = (text: string): unknown => ({ artifacts: { write: [{ paths: [text] }] } });
  const shell = (rule: unknown): unknown => ({ shell: { allow: [rule] } });
  const args = (...patterns: readonly string[]): unknown => shell({ command: '/bin/ls', args: patterns });
  const topic = (text: string): unknown => ({ events: { consume: [text] } });
  const invoke = (text: string): unknown => ({ invoke: { allow: [text] } });

  it.each<[string, unknown, string, string]>([
    [
      'a misspelt key of a rule',
      read({ form: 'self', paths: ['a'] }),
      '/artifacts/read/0/form',
      'there is no key "form"; write one of from',
    ],
    [
      'a key of another rule',
      { artifacts: { write: [{ from: 'self', paths: ['a'] }] } },
      '/artifacts/write/0/from',
      'no key',
    ],
    ['an owner', read({ from: 'Acme', paths: ['a'] }), '/artifacts/read/0/from', 'write "self", the id of a plugin'],
    ['no path', read({ from: '*', paths: [] }), '/artifacts/read/0/paths', 'not be empty'],
    ['a type', read({ from: '*', paths: ['a'], types: ['*/*'] }), '/artifacts/read/0/types/0', 'no media type'],
    [
      'a type with parameters',
      read({ from: '*', paths: ['a'], types: ['a/b;c=d'] }),
      '/artifacts/read/0/types/0',
      'parameters',
    ],
    ['an empty path', path(''), '/artifacts/write/0/paths/0', 'is empty'],
    ['an absolute path', path('/a'), '/artifacts/write/0/paths/0', 'empty segment'],
    ['a path that leads out', path('a/../b'), '/artifacts/write/0/paths/0', '".."'],
    ['glued stars', path('a**'), '/artifacts/write/0/paths/0', 'glued'],
    ['three deep stars', path('**/a/**/b/**'), '/artifacts/write/0/paths/0', 'more than 2'],
    ['many stars', path('*a*a*a*a*a*a*a*a*'), '/artifacts/write/0/paths/0', 'too many wildcards'],
    ['braces', path('{a,b}'), '/artifacts/write/0/paths/0', 'one rule for each'],
    ['a stream', path('a:b'), '/artifacts/write/0/paths/0', 'no path of an artifact has'],
    ['a topic in capitals', topic('Report'), '/events/consume/0', 'is no topic'],
    ['an empty segment', topic('a..b'), '/events/consume/0', 'is no topic'],
    ['a glued star', topic('a.b*'), '/events/consume/0', 'is no topic'],
    ['a prototype', topic('a.constructor'), '/events/consume/0', 'no topic has'],
    ['nine segments', topic('a.b.c.d.e.f.g.h.i'), '/events/consume/0', 'more than 8'],
    ['three deep wildcards', topic('**.a.**.b.**'), '/events/consume/0', 'more than 2'],
    ['a topic of the host', { events: { produce: ['host.**'] } }, '/events/produce/0', 'only the host publishes'],
    ['a scope', { events: { scopes: ['world'] } }, '/events/scopes/0', 'must be "execution"'],
    ['many topics', { events: { produce: Array.from({ length: 257 }, () => 'a') } }, '/events/produce', '256'],
    ['every plugin', invoke('*'), '/invoke/allow/0', 'write the id of each'],
    ['a pattern of ids', invoke('acme-*'), '/invoke/allow/0', 'is no id'],
    ['a handler of a scope', invoke('@acme/*:render'), '/invoke/allow/0', 'one rule for each plugin'],
    ['a range that is none', invoke('@acme/a@latest'), '/invoke/allow/0', 'no semver range'],
    ['an empty range', invoke('@acme/a@:b'), '/invoke/allow/0', 'no semver range'],
    ['an empty handler', invoke('@acme/a:'), '/invoke/allow/0', 'no handler behind'],
    ['a pattern of handlers', invoke('@acme/a:*'), '/invoke/allow/0', 'no pattern'],
    ['a relative command', shell({ command: 'ls' }), '/shell/allow/0/command', 'no absolute path'],
    ['a command with dots', shell({ command: '/usr/../bin/ls' }), '/shell/allow/0/command', 'without ".", ".."'],
    ['a folder', shell({ command: '/usr/bin/' }), '/shell/allow/0/command', 'no absolute path'],
    ['many commands', shell({ command: '/usr/bin/*' }), '/shell/allow/0/command', 'one rule for each command'],
    ['a misspelt key', shell({ command: '/bin/ls', arg: [] }), '/shell/allow/0/arg', 'did you mean "args"?'],
    [
      'no interpreter',
      shell({ command: '/bin/ls', interpreter: false }),
      '/shell/allow/0/interpreter',
      'must be true, not false',
    ],
    ['a rest before the end', args('**', 'a'), '/shell/allow/0/args/0', 'as the last argument alone'],
    ['a glued rest', args('a**'), '/shell/allow/0/args/0', 'as the last argument alone'],
    ['a NUL', args('a\0'), '/shell/allow/0/args/0', 'has a NUL'],
    ['a question between stars', args('*a?b*'), '/shell/allow/0/args/0', 'between two'],
    ['many arguments', args(...Array.from({ length: 65 }, () => 'a')), '/shell/allow/0/args', '64'],
    [
      'many rules of one command',
      { shell: { allow: Array.from({ length: 65 }, (_, index) => ({ command: '/bin/ls', args: [`${index}`] })) } },
      '/shell/allow',
      'at most 64',
    ],
    ['a deny', { shell: { deny: [] } }, '/shell/deny', 'there is no key'],
  ])('refuse %s', (_, value, pointer, message) => {
    const told = refusal(value);
    expect(told.pointer).toBe(pointer);
    expect(told.message).toContain(message);
  });
});

describe('permissionSpecSchema', () => {
  it('becomes a JSON schema', () => {
    expect(z.toJSONSchema(permissionSpecSchema)).toMatchObject({
      type: 'object',
      additionalProperties: false,
      properties: {
        fs: { anyOf: [{ required: ['mode'], additionalProperties: false }, { type: 'null' }] },
        shell: { anyOf: [{ properties: { allow: { anyOf: [{ items: { required: ['command'] } }, {}] } } }, {}] },
        quotas: { anyOf: [{ properties: { timeoutMs: { type: 'integer', minimum: 1, maximum: 2 ** 31 - 1 } } }, {}] },
      },
    });
  });
});
