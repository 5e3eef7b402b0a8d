import { createHash } from 'node:crypto';
import type { ArtifactAccess, OperationState } from '@kb-labs/contracts';
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

describe('artifacts.openWrite', () => {
  it('shows nothing before it is committed, and then all of it', async () => {
    const { audits, call, meter, operations, store } = openArtifactHost();
    const key = { pluginId: '@acme/report', path: 'out/a' };
    const id = await call('artifacts.openWrite', 'out/a', { contentType: 'text/plain' });
    expect(audits).toMatchObject([{ operation: 'write', target: 'out/a', decision: { allowed: true } }]);
    await call('artifacts.writeChunk', id, bytes('one '));
    await call('artifacts.writeChunk', id, bytes(''));
    await call('artifacts.writeChunk', id, bytes('two'));
    expect(await store.stat(key)).toBe(undefined);
    expect(operations).toEqual([]);
    const info = await call('artifacts.closeWrite', id, true);
    expect(info).toMatchObject({
      path: 'out/a',
      bytes: 7,
      sha256: stateOf('one two').sha256,
      contentType: 'text/plain',
    });
    expect(info).not.toHaveProperty('location');
    expect(operations).toEqual([
      {
        name: 'artifacts.closeWrite',
        target: 'out/a',
        destination: undefined,
        before: undefined,
        after: stateOf('one two'),
        reversible: true,
        dryRun: false,
      },
    ]);
    expect(audits).toHaveLength(1);
    expect([meter.used('maxArtifacts'), meter.used('maxArtifactBytes')]).toEqual([1, 7]);
  });

  it('writes an artifact of no bytes', async () => {
    const { call } = openArtifactHost();
    const id = await call('artifacts.openWrite', 'out/a');
    expect(await call('artifacts.closeWrite', id, true)).toMatchObject({ bytes: 0 });
  });

  it('throws away what is not committed, and gives all of it back once', async () => {
    const { call, meter, operations, store } = openArtifactHost();
    const id = await call('artifacts.openWrite', 'out/a');
    await call('artifacts.writeChunk', id, bytes('half'));
    expect(meter.used('maxArtifactBytes')).toBe(4);
    expect(await outcome(call('artifacts.closeWrite', id, false))).toBe('resolved: undefined');
    expect(await outcome(call('artifacts.closeWrite', id, false))).toBe('resolved: undefined');
    expect(await outcome(call('artifacts.closeWrite', id, true))).toBe('ERR_INVALID_ARGUMENT');
    expect(await store.stat({ pluginId: '@acme/report', path: 'out/a' })).toBe(undefined);
    expect(operations).toEqual([]);
    expect([meter.used('maxArtifacts'), meter.used('maxArtifactBytes')]).toEqual([0, 0]);
  });

  it('is denied when it is opened, before a byte has come', async () => {
    const { audits, call, meter } = openArtifactHost();
    expect(await outcome(call('artifacts.openWrite', 'fixed/a'))).toBe('ERR_PERMISSION_DENIED not-requested');
    expect(audits).toMatchObject([{ operation: 'write', decision: { allowed: false, reason: 'not-requested' } }]);
    expect(meter.used('maxArtifacts')).toBe(0);
  });

  it('ends at the quota, with nothing left of what came before', async () => {
    const { call, meter, store } = openArtifactHost({ quotas: { maxArtifactBytes: 10 } });
    const id = await call('artifacts.openWrite', 'out/a');
    await call('artifacts.writeChunk', id, new Uint8Array(10));
    expect(await outcome(call('artifacts.writeChunk', id, new Uint8Array(1)))).toBe('ERR_QUOTA_EXCEEDED');
    expect(await outcome(call('artifacts.writeChunk', id, new Uint8Array(1)))).toBe('ERR_INVALID_ARGUMENT');
    expect(await store.stat({ pluginId: '@acme/report', path: 'out/a' })).toBe(undefined);
    expect([meter.used('maxArtifacts'), meter.used('maxArtifactBytes')]).toEqual([0, 0]);
    expect(await outcome(call('artifacts.write', 'out/a', new Uint8Array(10)))).toMatch(/^resolved/);
  });

  it('tells of a failure of the store with the chunk or the end that comes next', async () => {
    const { call, meter } = openArtifactHost();
    const id = await call('artifacts.openWrite', 'out/a', { maxBytes: 5 });
    await outcome(call('artifacts.writeChunk', id, new Uint8Array(6)));
    expect(await outcome(call('artifacts.closeWrite', id, true))).toMatch(
      /^ERR_(ARTIFACT_TOO_LARGE|INVALID_ARGUMENT)$/,
    );
    expect([meter.used('maxArtifacts'), meter.used('maxArtifactBytes')]).toEqual([0, 0]);
    const conflicting = await call('artifacts.openWrite', 'out/b', { ifNoneMatch: '*' });
    await call('artifacts.write', 'out/b', bytes('first'));
    expect(await outcome(call('artifacts.closeWrite', conflicting, true))).toMatch(/^ERR_ARTIFACT_CONFLICT/);
    expect(await outcome(call('artifacts.closeWrite', conflicting, true))).toBe('ERR_INVALID_ARGUMENT');
    expect([meter.used('maxArtifacts'), meter.used('maxArtifactBytes')]).toEqual([1, 5]);
  });

  it('gives its place back when it fails', async () => {
    const { call } = openArtifactHost({ quotas: { maxArtifacts: 100 } });
    await call('artifacts.write', 'out/a', bytes('x'));
    for (let index = 0; index < 40; index += 1) {
      const id = await call('artifacts.openWrite', 'out/a', { ifNoneMatch: '*' });
      expect(await outcome(call('artifacts.closeWrite', id, true))).toMatch(/^ERR_ARTIFACT_CONFLICT/);
    }
  });

  it('takes a chunk when the store has room for it, and one at a time', async () => {
    const pulls: (() => void)[] = [];
    const slow = (access: ArtifactAccess): ArtifactAccess => ({
      ...bound(access),
      async writeStream(uri, body, options) {
        if (body instanceof Uint8Array) return access.writeStream(uri, body, options);
        const metered = async function* (): AsyncGenerator<Uint8Array> {
          for await (const chunk of body) {
            yield chunk;
            await new Promise<void>((resolve) => pulls.push(resolve));
          }
        };
        return access.writeStream(uri, metered(), options);
      },
    });
    const { call } = openArtifactHost({ between: slow });
    const id = await call('artifacts.openWrite', 'out/a');
    await call('artifacts.writeChunk', id, bytes('1'));
    let isTaken = false;
    const second = call('artifacts.writeChunk', id, bytes('2')).then(() => (isTaken = true));
    expect(await outcome(call('artifacts.writeChunk', id, bytes('3')))).toBe('ERR_INVALID_ARGUMENT');
    expect(await outcome(call('artifacts.closeWrite', id, true))).toBe('ERR_INVALID_ARGUMENT');
    expect(isTaken).toBe(false);
    pulls.shift()?.();
    await second;
    const closing = call('artifacts.closeWrite', id, true);
    pulls.shift()?.();
    expect(await closing).toMatchObject({ bytes: 2 });
  });

  it('holds 16 at once, and takes no id that was never given', async () => {
    const { call, meter } = openArtifactHost({ quotas: { maxArtifacts: 100 } });
    const opened = await Promise.all(
      Array.from({ length: 30 }, (_, index) => outcome(call('artifacts.openWrite', `out/${index}`))),
    );
    expect(opened.filter((each) => each.startsWith('resolved'))).toHaveLength(16);
    expect(opened.filter((each) => each === 'ERR_QUOTA_EXCEEDED')).toHaveLength(14);
    const error: unknown = await call('artifacts.openWrite', 'out/x').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ details: { quota: 'openArtifactWrites', used: 16, requested: 1, limit: 16 } });
    expect(meter.used('maxArtifacts')).toBe(16);
    for (const forged of [17, 0, -1, 1.5, '1', null, Number.MAX_SAFE_INTEGER]) {
      expect(await outcome(call('artifacts.writeChunk', forged, bytes('x')))).toBe('ERR_INVALID_ARGUMENT');
      expect(await outcome(call('artifacts.closeWrite', forged, true))).toBe('ERR_INVALID_ARGUMENT');
      expect(await outcome(call('artifacts.closeWrite', forged, false))).toBe('ERR_INVALID_ARGUMENT');
    }
    await call('artifacts.closeWrite', 3, false);
    expect(await call('artifacts.openWrite', 'out/x')).toBe(17);
  });

  it('is thrown away when its call is given up', async () => {
    const { api, call, meter, store } = openArtifactHost();
    const id = await call('artifacts.openWrite', 'out/a');
    await call('artifacts.writeChunk', id, bytes('half'));
    const aborted = api.call('artifacts.closeWrite', [id, true], { signal: AbortSignal.abort() });
    expect(await outcome(aborted)).toBe('ERR_ABORTED');
    const controller = new AbortController();
    const closing = outcome(api.call('artifacts.closeWrite', [id, true], { signal: controller.signal }));
    controller.abort();
    expect(await closing).toBe('ERR_ABORTED');
    expect(await store.stat({ pluginId: '@acme/report', path: 'out/a' })).toBe(undefined);
    expect([meter.used('maxArtifacts'), meter.used('maxArtifactBytes')]).toEqual([0, 0]);
  });
});

/** All methods of an access, so that one can be put in the place of another. */
function bound(access: ArtifactAccess): ArtifactAccess {
  return {
    readStream: (...args) => access.readStream(...args),
    writeStream: (...args) => access.writeStream(...args),
    list: (...args) => access.list(...args),
    stat: (...args) => access.stat(...args),
    delete: (...args) => access.delete(...args),
    wait: (...args) => access.wait(...args),
    copy: (...args) => access.copy(...args),
  };
}
