import { createHash } from 'node:crypto';
import type { ArtifactAccess, OperationState } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { outcome } from '../open-host.js';
import { bound, bytes, openArtifactHost } from './open-artifact-host.js';

function stateOf(text: string): OperationState {
  return { kind: 'artifact', bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') };
}

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
