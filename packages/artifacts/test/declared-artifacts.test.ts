import type { ArtifactDeclaration, EffectiveQuotas, MeteredQuotaName, QuotaMeter } from '@kb-labs/contracts';
import { createError } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { writeDeclaredArtifacts } from '../src/declared-artifacts.js';
import type { WriteDeclaredArtifactsOptions } from '../src/declared-artifacts.js';
import { createMemoryArtifactStore } from '../src/memory-store.js';
import { clock, code, listAll, putOptions, readAll } from './artifact-fixture.js';

const pluginId = '@acme/review';
const output = { text: '# Räport', bytes: Buffer.from([1, 2, 3]), data: { a: [1] }, nothing: null };

function setUp(declarations: readonly ArtifactDeclaration[], options: Partial<WriteDeclaredArtifactsOptions> = {}) {
  const store = createMemoryArtifactStore();
  const meter = countingMeter({ maxArtifacts: 3, maxArtifactBytes: 100 });
  const variables = { pluginId, runId: 'r1' };
  const signal = new AbortController().signal;
  const write = () =>
    writeDeclaredArtifacts({ declarations, output, store, pluginId, variables, meter, signal, ...options });
  return { store, write, used: () => [meter.used('maxArtifacts'), meter.used('maxArtifactBytes')] };
}

describe('declared artifacts', () => {
  it('are written as text, bytes or JSON, in the order declared', async () => {
    const { store, write, used } = setUp([
      { name: 'report', pathTemplate: '{runId}/{pluginId}.md', from: '/text' },
      { name: 'raw', pathTemplate: 'raw.bin', from: '/bytes', contentType: 'image/x-raw' },
      { name: 'data', pathTemplate: 'data.json', from: '/data' },
    ]);
    const infos = await write();
    expect(infos.map(({ path, bytes, contentType }) => [path, bytes, contentType])).toEqual([
      ['r1/@acme__review.md', 9, 'text/plain; charset=utf-8'],
      ['raw.bin', 3, 'image/x-raw'],
      ['data.json', 23, 'application/json'],
    ]);
    const texts = await Promise.all(infos.map(({ path }) => readAll(store, { pluginId, path })));
    expect(texts).toEqual(['# Räport', '\u0001\u0002\u0003', '{\n  "a": [\n    1\n  ]\n}\n']);
    expect(used()).toEqual([3, 35]);
  });

  it('keep what the declaration says of them', async () => {
    const known = { contentType: 'text/markdown', version: '1.2.0', schemaVersion: '2.0.0' };
    const { store, write } = setUp([{ name: 'r', pathTemplate: 'r.md', from: '/text', ...known, ttlMs: 500 }], {
      clock,
    });
    const [info] = await write();
    expect(info).toMatchObject({ ...known, createdAt: expect.any(Number), expiresAt: clock.now() + 500 });
    expect(await store.stat({ pluginId, path: 'r.md' })).toEqual(info);
  });

  it('leave an earlier good artifact as it was when they cannot be written', async () => {
    const store = createMemoryArtifactStore({ maxBytes: 10 });
    const path = { pluginId, path: 'good' };
    const good = await store.put(path, Buffer.from('earlier'), putOptions({ version: '1.0.0' }));
    const { write } = setUp([{ name: 'good', pathTemplate: 'good', from: '/text' }], { store });
    await expect(write()).rejects.toThrow(code('ERR_IO_FAILED'));
    const { write: invalid } = setUp([{ name: 'good', pathTemplate: 'good', from: '/absent' }], { store });
    await expect(invalid()).rejects.toThrow(code('ERR_OUTPUT_INVALID'));
    expect([await store.stat(path), await readAll(store, path)]).toEqual([good, 'earlier']);
  });

  it('leave members out that are undefined, and refuse what would be damaged', async () => {
    const { store, write } = setUp([{ name: 'a', pathTemplate: 'a' }], { output: { a: undefined, b: 1 } });
    await write();
    expect(await readAll(store, { pluginId, path: 'a' })).toBe('{\n  "b": 1\n}\n');
    for (const member of [new Map(), new Date(0), new Uint8Array(1), [undefined], Number.NaN]) {
      const { write: refused } = setUp([{ name: 'a', pathTemplate: 'a' }], { output: { list: [member] } });
      await expect(refused()).rejects.toThrow(code('ERR_OUTPUT_INVALID'));
    }
  });

  it('are all of the output without a pointer, and may be null', async () => {
    const { store, write } = setUp(
      [
        { name: 'all', pathTemplate: 'all', from: '/nothing' },
        { name: 'o', pathTemplate: 'o' },
      ],
      { output: { nothing: null } },
    );
    await write();
    expect(await readAll(store, { pluginId, path: 'all' })).toBe('null\n');
    expect(await readAll(store, { pluginId, path: 'o' })).toBe('{\n  "nothing": null\n}\n');
  });

  it('may be missing where they are optional', async () => {
    const { write, used } = setUp([{ name: 'a', pathTemplate: 'a', from: '/absent', optional: true }]);
    expect([await write(), used()]).toEqual([[], [0, 0]]);
  });

  it('name themselves and the pointer where they are missing', async () => {
    const { write } = setUp([{ name: 'report', pathTemplate: 'a', from: '/absent' }]);
    await expect(write()).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_OUTPUT_INVALID', details: { artifact: 'report', pointer: '/absent' } }),
    );
  });

  const good: ArtifactDeclaration = { name: 'good', pathTemplate: 'good', from: '/text' };
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;

  it.each<[string, ArtifactDeclaration, Partial<WriteDeclaredArtifactsOptions>]>([
    ['ERR_OUTPUT_INVALID', { name: 'x', pathTemplate: 'x', from: '/absent' }, {}],
    ['ERR_OUTPUT_INVALID', { name: 'x', pathTemplate: 'x', from: '/cyclic' }, { output: { text: 't', cyclic } }],
    ['ERR_OUTPUT_INVALID', { name: 'x', pathTemplate: 'x', from: '/work' }, { output: { text: 't', work: () => 1 } }],
    ['ERR_OUTPUT_INVALID', { name: 'x', pathTemplate: 'x', from: '/big' }, { output: { text: 't', big: 1n } }],
    ['ERR_MANIFEST_INVALID', { name: 'x', pathTemplate: 'x', from: 'text' }, {}],
    ['ERR_MANIFEST_INVALID', { name: 'x', pathTemplate: '{who}' }, {}],
    ['ERR_MANIFEST_INVALID', { name: 'x', pathTemplate: 'x', version: 'v1' }, {}],
    ['ERR_MANIFEST_INVALID', { name: 'x', pathTemplate: 'x', ttlMs: 0 }, {}],
    [
      'ERR_ARTIFACT_TOO_LARGE',
      { name: 'x', pathTemplate: 'x', from: '/data', maxBytes: 2 },
      { output: { text: 't', data: { a: 'long' } } },
    ],
    ['ERR_ARTIFACT_PATH_INVALID', { name: 'x', pathTemplate: '{runId}/x' }, { variables: { runId: '../..' } }],
    ['ERR_ARTIFACT_CONFLICT', { name: 'x', pathTemplate: 'GOOD', from: '/data' }, {}],
    ['ERR_ARTIFACT_TOO_LARGE', { name: 'x', pathTemplate: 'x', from: '/bytes', maxBytes: 2 }, {}],
    [
      'ERR_QUOTA_EXCEEDED',
      { name: 'x', pathTemplate: 'x', from: '/data' },
      { meter: countingMeter({ maxArtifacts: 1, maxArtifactBytes: 100 }) },
    ],
    [
      'ERR_QUOTA_EXCEEDED',
      { name: 'x', pathTemplate: 'x', from: '/data' },
      { meter: countingMeter({ maxArtifacts: 9, maxArtifactBytes: 12 }) },
    ],
  ])(
    '%s: one bad declaration keeps the good one from being written and costs nothing',
    async (expected, bad, options) => {
      const { store, write, used } = setUp([good, bad], options);
      await expect(write()).rejects.toThrow(code(expected));
      expect([await listAll(store, pluginId), used()]).toEqual([[], [0, 0]]);
      expect(options.meter?.used('maxArtifacts') ?? 0).toBe(0);
    },
  );

  it('give back what a failing store did not write', async () => {
    const store = createMemoryArtifactStore({ maxBytes: 10 });
    const { write, used } = setUp([good, { name: 'x', pathTemplate: 'x', from: '/bytes' }], { store });
    await expect(write()).rejects.toThrow(code('ERR_IO_FAILED'));
    expect([(await listAll(store, pluginId)).map(({ path }) => path), used()]).toEqual([['good'], [1, 9]]);
  });
});

/** Counts as the runtime's meter does, for the two quotas that matter here. */
function countingMeter(limits: Pick<EffectiveQuotas, 'maxArtifacts' | 'maxArtifactBytes'>): QuotaMeter {
  const used = new Map<MeteredQuotaName, number>();
  const add = (name: MeteredQuotaName, amount: number) => used.set(name, (used.get(name) ?? 0) + amount);
  return {
    limits: JSON.parse(JSON.stringify(limits)),
    used: (name) => used.get(name) ?? 0,
    reserve(name, amount) {
      const limit = name === 'maxArtifacts' ? limits.maxArtifacts : limits.maxArtifactBytes;
      if ((used.get(name) ?? 0) + amount > limit) throw createError('ERR_QUOTA_EXCEEDED', `${name} is used up`);
      add(name, amount);
      let open = true;
      const settle = (actual: number) => {
        if (open) add(name, Math.min(actual, amount) - amount);
        open = false;
      };
      return { commit: (actual = amount) => settle(actual), giveBack: () => settle(0) };
    },
  };
}
