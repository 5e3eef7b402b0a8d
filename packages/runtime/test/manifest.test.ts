import { createCapabilityRegistry } from '@kb-labs/capabilities';
import { Ajv } from 'ajv';
import { anything, assert, constantFrom, dictionary, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeManifest } from '../scripts/describe-manifest.js';
import { parseManifest } from '../src/defaults.js';
import { manifestJsonSchema } from '../src/manifest-json-schema.js';

const minimal = {
  schema: 'kb.plugin/1',
  id: '@acme/review',
  version: '1.2.3',
  engines: { runtime: '>=0.1.0' },
  handlers: { review: { handler: './handlers/review.js#handle' } },
};

const full = {
  ...minimal,
  displayName: 'Review',
  description: 'Reviews a change.',
  handlers: {
    review: {
      handler: './handlers/review.js#handle',
      input: './schemas/review.js#input',
      output: './schemas/review.js#output',
      description: 'Reviews one file.',
    },
  },
  capabilities: ['fs.read', 'net.fetch'],
  permissions: {
    fs: { mode: 'read', allow: ['src/**'], deny: ['src/secret'], reason: 'Reads the change.' },
    net: { allow: ['api.example.com'], reason: 'Asks the service.' },
    env: { allow: ['REVIEW_*'] },
    artifacts: { read: [{ from: '@acme/build', paths: ['logs/**'], types: ['text/*'] }], write: [{ paths: ['*.md'] }] },
    events: { produce: ['review.done'], consume: ['change.*', 'build.**'], scopes: ['host'] },
    invoke: { allow: ['@acme/report@^1:render'] },
    shell: { allow: [{ command: '/usr/bin/wc', args: ['**'] }] },
    quotas: { timeoutMs: 5000 },
  },
  artifacts: [
    {
      name: 'report',
      pathTemplate: '{runId}/report.md',
      from: '/report',
      contentType: 'text/markdown; charset=utf-8',
      schema: './schemas.js#report',
      version: '1.2.0',
      schemaVersion: '1.0.0',
      ttlMs: 86_400_000,
      optional: true,
      maxBytes: 1000,
    },
  ],
};

describe('parseManifest', () => {
  it('takes what it documents, and returns a frozen copy', () => {
    const parsed = parseManifest(full);

    expect(parsed).toEqual(full);
    expect(parsed).not.toBe(full);
    expect([parsed, parsed.handlers, parsed.permissions?.fs?.allow].every(Object.isFrozen)).toBe(true);
  });

  it('knows the placeholders of the host that it is told of', () => {
    const artifacts = [{ name: 'x', pathTemplate: '{team}/x' }];
    const parsed = parseManifest({ ...minimal, artifacts }, { templateVariables: ['team'] });
    expect(parsed.artifacts).toEqual(artifacts);
  });

  it('says which capability a misspelt one was meant to be, unless the registry knows it', () => {
    const manifest = { ...minimal, capabilities: ['fs.raed@^1', 'acme.raed'] };
    const capabilityRegistry = createCapabilityRegistry({ 'fs.raed': '1.0.0' });
    expect(parseManifest(manifest, { capabilityRegistry })).toEqual(manifest);
    expect(() => parseManifest(manifest)).toThrow(
      expect.objectContaining({
        code: 'ERR_MANIFEST_INVALID',
        message: 'the manifest is invalid at /capabilities/0: there is no capability fs.raed; did you mean fs.read?',
      }),
    );
  });

  it('takes the line by which editors find the schema, and leaves it out', () => {
    expect(parseManifest({ $schema: './node_modules/x.json', ...minimal })).toEqual(minimal);
  });

  it.each([
    ['/schema', { schema: 'kb.plugin/2' }],
    ['/id', { id: 'Review' }],
    ['/id', { id: '../review' }],
    ['/id', { id: 'x'.repeat(215) }],
    ['/version', { version: '1.0' }],
    ['/version', { version: 'v1.0.0' }],
    ['/engines', { engines: undefined }],
    ['/engines/runtime', { engines: { runtime: '' } }],
    ['/engines/runtime', { engines: { runtime: ' '.repeat(50_000) } }],
    ['/handlers/review/handler', { handlers: { review: { handler: '../x.js#handle' } } }],
    ['/handlers/review/handler', { handlers: { review: { handler: './x.js#__proto__' } } }],
    ['/handlers/review/input', { handlers: { review: { handler: './x.js#y', input: './a/../../x.js#y' } } }],
    ['/handlers/review/handle', { handlers: { review: { handle: './x.js#y', handler: './x.js#y' } } }],
    ['/handlers/__proto__', { handlers: JSON.parse('{"__proto__":{"handler":"./x.js#y"}}') as unknown }],
    ['/capabilities/0', { capabilities: [1] }],
    ['/capabilities/1', { capabilities: ['fs.read', 'fs.raed'] }],
    ['/capabilities/1', { capabilities: ['acme.mail', 'fs'] }],
    ['/permissions/fs/alow', { permissions: { fs: { mode: 'read', alow: ['.'] } } }],
    ['/permissions/quotas/timeoutMs', { permissions: { quotas: { timeoutMs: 0 } } }],
    ['/artifacts/0/from', { artifacts: [{ name: 'x', pathTemplate: 'x', from: 'report' }] }],
    ['/artifacts/1/name', { artifacts: ['a', 'b'].map((path) => ({ name: 'x', pathTemplate: path })) }],
    ['/permissions/events/produce/0', { permissions: { events: { produce: ['a..b'] } } }],
    ['/events', { events: { produces: ['a.b'] } }],
    ['/artifacts/0/schema', { artifacts: [{ name: 'x', pathTemplate: 'x', schema: '../x.js#y' }] }],
    ['/artifacts/0/pathTemplate', { artifacts: [{ name: 'x', pathTemplate: '{nobody}/x' }] }],
    ['/artifacts/0/pathTemplate', { artifacts: [{ name: 'x', pathTemplate: '../x' }] }],
    ['/artifacts/0/version', { artifacts: [{ name: 'x', pathTemplate: 'x', version: 'new' }] }],
    ['/hanlders', { hanlders: {} }],
  ])('refuses what is wrong at %s', (pointer, wrong) => {
    const value: Record<string, unknown> = { ...minimal, ...wrong };
    if (value['engines'] === undefined) delete value['engines'];

    expect(() => parseManifest(value)).toThrow(
      expect.objectContaining({ code: 'ERR_MANIFEST_INVALID', details: expect.objectContaining({ pointer }) }),
    );
  });

  it.each([
    ['>=2.0.0', `the plugin asks for runtime ">=2.0.0", and this is 1.4.0; write "^1.4.0"`],
    ['latest', `"latest" is not a semver range; write "^1.4.0"`],
  ])('says what to write where engines.runtime is %s', (runtime, problem) => {
    expect(() => parseManifest({ ...minimal, engines: { runtime } }, { runtimeVersion: '1.4.0' })).toThrow(
      expect.objectContaining({ message: `the manifest is invalid at /engines/runtime: ${problem}` }),
    );
  });

  it.each([
    ['a getter', Object.defineProperty({ ...minimal }, 'id', { get: () => 'x', enumerable: true })],
    ['a hidden key', Object.defineProperty({ ...minimal }, 'x', { value: () => 1 })],
    ['an instance', Object.assign(Object.create({ inherited: true }), minimal)],
    ['a proxy', new Proxy(minimal, {})],
    ['a symbol', { ...minimal, [Symbol('x')]: 1 }],
    ['a hole', { ...minimal, capabilities: Array(1) }],
    ['a subclass of Array', { ...minimal, capabilities: new (class extends Array<string> {})() }],
    ['a function', { ...minimal, toJSON: () => minimal }],
    ['undefined', { ...minimal, description: undefined }],
    ['not a number', { ...minimal, artifacts: [{ name: 'x', pathTemplate: 'x', maxBytes: Number.NaN }] }],
    ['nothing at all', null],
    ['a string', JSON.stringify(minimal)],
  ])('takes plain JSON data alone, not %s', (_, value) => {
    expect(() => parseManifest(value)).toThrow(expect.objectContaining({ code: 'ERR_MANIFEST_INVALID' }));
  });

  it.each<[string, Record<string, unknown>]>([
    ['/runtime', { runtime: '1.0.0' }],
    ['/runtimeVersion', { runtimeVersion: '^1.0.0' }],
  ])('refuses the option that is wrong at %s', (pointer, options) => {
    expect(() => parseManifest(minimal, options)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: expect.objectContaining({ pointer }) }),
    );
  });

  it('is quick and short about a manifest that is all wrong', () => {
    const deep: unknown[] = [];
    let inner = deep;
    for (let depth = 0; depth < 100_000; depth += 1) {
      const next: unknown[] = [];
      inner.push(next);
      inner = next;
    }
    const circle: Record<string, unknown> = { ...minimal };
    circle['self'] = circle;
    const wide = { ...minimal, capabilities: Array.from({ length: 100_000 }, () => 1) };
    const wrong = {
      ...minimal,
      handlers: Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`h${index}`, {}])),
    };

    for (const value of [{ ...minimal, deep }, circle, wide]) {
      expect(() => parseManifest(value)).toThrow(expect.objectContaining({ code: 'ERR_MANIFEST_INVALID' }));
    }
    expect(() => parseManifest(wrong)).toThrow(
      expect.objectContaining({
        details: { pointer: expect.any(String), issues: expect.objectContaining({ length: 10 }) },
      }),
    );
  });
});

describe('a hostile manifest', () => {
  it('is refused with its code, and never with anything else', () => {
    const keys = constantFrom(...Object.keys(full), 'fs', 'allow', 'handler', 'quotas', 'x', '__proto__');
    const codeOf = (value: unknown): unknown => {
      try {
        return parseManifest(value).schema;
      } catch (error) {
        return error instanceof Error && 'code' in error ? error.code : error;
      }
    };
    assert(
      property(dictionary(keys, anything({ withNullPrototype: true, withSparseArray: true })), (parts) =>
        ['ERR_MANIFEST_INVALID', 'kb.plugin/1'].includes(String(codeOf({ ...full, ...parts }))),
      ),
      { seed: 1, numRuns: 2000 },
    );
  });
});

describe('manifestJsonSchema', () => {
  it('is what the parser knows; `pnpm run schema` writes it anew', () => {
    expect(manifestJsonSchema).toEqual(describeManifest());
    expect(Object.isFrozen(manifestJsonSchema['properties'])).toBe(true);
  });

  it('says in an editor what the parser says', () => {
    const validate = new Ajv({ strict: true, allErrors: true }).compile(manifestJsonSchema);
    const pointers = (value: unknown): readonly string[] => {
      validate(value);
      return (validate.errors ?? []).map((error) => error.instancePath);
    };

    expect([pointers(minimal), pointers(full), pointers({ $schema: 'x', ...minimal })]).toEqual([[], [], []]);
    expect(pointers({ ...minimal, id: 'Up' })).toEqual(['/id']);
    expect(pointers({ ...minimal, handlers: { x: { handler: '../x.js#y' } } })).toEqual(['/handlers/x/handler']);
    expect(pointers({ ...minimal, permissions: { fs: { mode: 'write' } } })).toContain('/permissions/fs/mode');
    expect(pointers({ ...minimal, hanlders: {} })).toEqual(['']);
  });
});
