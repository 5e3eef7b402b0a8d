import type { ArtifactRules } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { ArtifactBroker } from '../src/artifact-broker.js';
import { compileArtifactRules, isAmong } from '../src/artifact-rules.js';
import { createMemoryArtifactStore } from '../src/memory-store.js';

const read = { from: 'self', paths: ['**'] };
const set = (rules: unknown) => [{ read: [], write: [], ...Object(rules) }];

describe('the rules of a broker', () => {
  it.each<[string, unknown]>([
    ['/rules', undefined],
    ['/rules', []],
    ['/rules', {}],
    ['/rules', 'guest'],
    ['/rules', Array.from({ length: 65 }, () => ({ read: [], write: [] }))],
    ['/rules/0', [null]],
    ['/rules/0', [[]]],
    ['/rules/0/reads', set({ reads: [] })],
    ['/rules/0/read', [{ write: [] }]],
    ['/rules/0/write', [{ read: [], write: null }]],
    ['/rules/0/read', set({ read: Array.from({ length: 1_001 }, () => read) })],
    ['/rules/0/read/0', set({ read: ['**'] })],
    ['/rules/0/read/0/path', set({ read: [{ ...read, path: '**' }] })],
    ['/rules/0/read/0/from', set({ read: [{ paths: ['**'] }] })],
    ['/rules/0/read/0/from', set({ read: [{ ...read, from: '@acme/*' }] })],
    ['/rules/0/write/0/from', set({ write: [read] })],
    ['/rules/0/read/1/paths', set({ read: [read, { from: '*' }] })],
    ['/rules/0/read/0/paths', set({ read: [{ ...read, paths: [] }] })],
    ['/rules/0/read/0/paths', set({ read: [{ ...read, paths: '**' }] })],
    ['/rules/0/read/0/paths', set({ read: [{ ...read, paths: Array(65).fill('a') }] })],
    ['/rules/0/read/0/paths/1', set({ read: [{ ...read, paths: ['a', '../b'] }] })],
    ['/rules/0/read/0/paths/0', set({ read: [{ ...read, paths: ['x'.repeat(1_025)] }] })],
    ['/rules/0/read/0/types', set({ read: [{ ...read, types: [] }] })],
    ['/rules/0/write/0/types/0', set({ write: [{ paths: ['**'], types: ['text/plain; charset=utf-8'] }] })],
    ['/rules/0/write/0/types/0', set({ write: [{ paths: ['**'], types: ['*/*'] }] })],
    ['/rules/1/read', [{ read: [], write: [] }, { write: [] }]],
  ])('are refused at %s when the broker is made', (pointer, rules) => {
    expect(() => compileArtifactRules(rules)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer } }),
    );
  });

  it('are never everything by being forgotten', () => {
    const store = createMemoryArtifactStore();
    for (const rules of [[], undefined]) {
      const options = Object.assign({ store, pluginId: 'acme', rules: [] }, { rules });
      expect(() => new ArtifactBroker(options)).toThrow(
        expect.objectContaining({
          code: 'ERR_CONFIG_INVALID',
          hint: 'write `rules: "host"` for a broker of the host itself, which may do everything',
        }),
      );
    }
  });

  it('stay as they were when the broker was made', async () => {
    const paths = ['a'];
    const rules: ArtifactRules[] = [{ read: [{ from: 'self', paths }], write: [{ paths }] }];
    const broker = new ArtifactBroker({ store: createMemoryArtifactStore(), pluginId: 'acme', rules });
    paths.push('b');
    rules.length = 0;
    await broker.write('a', 'x');
    await expect(broker.write('b', 'x')).rejects.toThrow(expect.objectContaining({ code: 'ERR_PERMISSION_DENIED' }));
  });

  it.each<[readonly string[] | undefined, string, boolean]>([
    [undefined, 'text/plain', true],
    [['text/plain'], 'Text/Plain ; charset=utf-8', true],
    [['text/*'], 'text/markdown', true],
    [['text/*'], 'texts/markdown', false],
    [['text/*'], 'application/text/plain', false],
    [['text/markdown'], 'text/markdown-x', false],
    [['application/json', 'image/*'], 'image/png', true],
    [['text/*'], '', false],
  ])('with the types %j take %s: %s', (types, contentType, expected) => {
    expect(isAmong(types, contentType)).toBe(expected);
  });
});

describe('the options of a broker', () => {
  it.each<[string, Record<string, unknown>]>([
    ['/store', { store: {} }],
    ['/store', { store: null }],
    ['/pluginId', { pluginId: 'A' }],
    ['/pluginId', { pluginId: 'self' }],
    ['/clock', { clock: {} }],
    ['/maxBytes', { maxBytes: -1 }],
    ['/role', { role: 'host' }],
  ])('are refused at %s', (pointer, wrong) => {
    const options = { store: createMemoryArtifactStore(), pluginId: 'acme', rules: 'host' as const, ...wrong };
    expect(() => new ArtifactBroker(options)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer } }),
    );
  });
});
