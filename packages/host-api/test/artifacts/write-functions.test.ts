import { createHash } from 'node:crypto';
import type { OperationState } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { outcome } from '../open-host.js';
import { bytes, openArtifactHost, putThere } from './open-artifact-host.js';

function stateOf(text: string): OperationState {
  return { kind: 'artifact', bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') };
}

describe('artifacts.write', () => {
  it('stores the bytes, and answers with what a guest may know', async () => {
    const { audits, call, meter, store } = openArtifactHost();
    const info = await call('artifacts.write', 'out/a', bytes('hello'), {
      contentType: 'text/plain',
      version: '1.2.3',
    });
    expect(info).toEqual({
      uri: 'artifact://@acme/report/out/a',
      pluginId: '@acme/report',
      path: 'out/a',
      bytes: 5,
      sha256: stateOf('hello').sha256,
      etag: expect.any(String),
      contentType: 'text/plain',
      version: '1.2.3',
      schemaVersion: undefined,
      createdAt: expect.any(Number),
      expiresAt: undefined,
    });
    expect(await store.stat({ pluginId: '@acme/report', path: 'out/a' })).toMatchObject({ bytes: 5 });
    expect(audits).toEqual([
      {
        kind: 'artifact',
        operation: 'write',
        target: 'out/a',
        decision: { allowed: true, rule: 'permissions.artifacts.write' },
        patches: [],
      },
    ]);
    expect([meter.used('maxArtifacts'), meter.used('maxArtifactBytes')]).toEqual([1, 5]);
  });

  it('tells what it changed: a new one can be taken back, what was overwritten cannot', async () => {
    const { call, operations } = openArtifactHost();
    await call('artifacts.write', 'out/a', bytes('one'));
    await call('artifacts.write', 'artifact://self/out/a', bytes('two'));
    await call('artifacts.write', 'out/b', bytes('three'), { ifNoneMatch: '*' });
    // What it may not read it may not look at, so nobody knows what stood there.
    await call('artifacts.write', 'secret/a', bytes('four'));
    const change = { name: 'artifacts.write', destination: undefined, dryRun: false } as const;
    expect(operations).toEqual([
      { ...change, target: 'out/a', before: undefined, after: stateOf('one'), reversible: true },
      { ...change, target: 'artifact://self/out/a', before: stateOf('one'), after: stateOf('two'), reversible: false },
      { ...change, target: 'out/b', before: undefined, after: stateOf('three'), reversible: true },
      { ...change, target: 'secret/a', before: undefined, after: stateOf('four'), reversible: false },
    ]);
  });

  it('marks what a dry run would have changed', async () => {
    const { call, operations } = openArtifactHost({ host: { dryRun: true } });
    await call('artifacts.write', 'out/a', bytes('one'));
    expect(operations.map(({ dryRun }) => dryRun)).toEqual([true]);
  });

  it('audits a denial, and keeps nothing of the quotas', async () => {
    const { api, audits, call, meter, operations } = openArtifactHost();
    for (const uri of ['fixed/a', 'artifact://@acme/other/out/a', 'artifact://@acme/other/shared/a']) {
      expect(await outcome(call('artifacts.write', uri, bytes('x')))).toBe('ERR_PERMISSION_DENIED not-requested');
    }
    expect(audits.map(({ kind, operation, decision }) => [kind, operation, decision])).toEqual(
      Array.from({ length: 3 }, () => ['artifact', 'write', { allowed: false, reason: 'not-requested' }]),
    );
    expect(api.denials).toBe(3);
    expect(operations).toEqual([]);
    expect([meter.used('maxArtifacts'), meter.used('maxArtifactBytes')]).toEqual([0, 0]);
  });

  it.each(['../out/a', 'out/../../a', 'out/a\0', 'out//a', '/out/a', 'artifact://@acme/report/out/..%2fa', 'out/con'])(
    'writes nothing to %s, and audits the try',
    async (uri) => {
      const { audits, call, operations } = openArtifactHost();
      expect(await outcome(call('artifacts.write', uri, bytes('x')))).toMatch(
        /^ERR_(ARTIFACT_PATH_INVALID|PERMISSION)/,
      );
      expect(audits).toMatchObject([{ kind: 'artifact', operation: 'write', decision: { allowed: false } }]);
      expect(operations).toEqual([]);
    },
  );

  it('never passes a quota, however many write at once, and loses nothing of it', async () => {
    const { call, meter, operations } = openArtifactHost({ quotas: { maxArtifactBytes: 10_500, maxArtifacts: 50 } });
    const writes = Array.from({ length: 100 }, (_, index) =>
      outcome(call('artifacts.write', `out/${index}`, new Uint8Array(1_000))),
    );
    const results = await Promise.all(writes);
    expect(results.filter((result) => result.startsWith('resolved'))).toHaveLength(10);
    expect(results.filter((result) => result === 'ERR_QUOTA_EXCEEDED')).toHaveLength(90);
    expect(operations).toHaveLength(10);
    expect([meter.used('maxArtifacts'), meter.used('maxArtifactBytes')]).toEqual([10, 10_000]);
  });

  it('gives back what was not written', async () => {
    const { api, call, meter, store } = openArtifactHost();
    await putThere(store, 'out/taken', 'x');
    expect(await outcome(call('artifacts.write', 'out/a', new Uint8Array(10), { maxBytes: 9 }))).toBe(
      'ERR_ARTIFACT_TOO_LARGE',
    );
    expect(await outcome(call('artifacts.write', 'out/taken', bytes('y'), { ifNoneMatch: '*' }))).toMatch(
      /^ERR_ARTIFACT_CONFLICT/,
    );
    expect(await outcome(call('artifacts.write', 'out/taken', bytes('y'), { ifMatch: 'other' }))).toMatch(
      /^ERR_ARTIFACT_CONFLICT/,
    );
    const aborted = api.call('artifacts.write', ['out/a', bytes('x')], { signal: AbortSignal.abort() });
    expect(await outcome(aborted)).toBe('ERR_ABORTED');
    expect([meter.used('maxArtifacts'), meter.used('maxArtifactBytes')]).toEqual([0, 0]);
  });

  it.each([
    [{ contenttype: 'text/plain' }],
    [{ signal: {} }],
    [{ ttlMs: -1 }],
    [{ ttlMs: Number.NaN }],
    [{ maxBytes: Number.POSITIVE_INFINITY }],
    [{ maxBytes: -1 }],
    [{ ifNoneMatch: 'x' }],
    [{ location: '/etc/passwd' }],
    [JSON.parse('{"__proto__":{"maxBytes":1}}')],
    ['text/plain'],
  ])('takes no options such as %j', async (options) => {
    const { call } = openArtifactHost();
    expect(await outcome(call('artifacts.write', 'out/a', bytes('x'), options))).toBe('ERR_INVALID_ARGUMENT');
  });
});
