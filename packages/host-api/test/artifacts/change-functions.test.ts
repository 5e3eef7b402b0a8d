import { createHash } from 'node:crypto';
import type { OperationState } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { outcome } from '../open-host.js';
import { openArtifactHost, putThere } from './open-artifact-host.js';

function stateOf(text: string): OperationState {
  return { kind: 'artifact', bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') };
}

describe('artifacts.delete', () => {
  it('deletes, and tells what is gone for good', async () => {
    const { audits, call, operations, store } = openArtifactHost();
    await putThere(store, 'out/a', 'x');
    expect(await call('artifacts.delete', 'out/a')).toBe(true);
    expect(await call('artifacts.delete', 'out/a')).toBe(false);
    expect(await store.stat({ pluginId: '@acme/report', path: 'out/a' })).toBe(undefined);
    expect(operations).toEqual([
      {
        name: 'artifacts.delete',
        target: 'out/a',
        destination: undefined,
        before: stateOf('x'),
        after: undefined,
        reversible: false,
        dryRun: false,
      },
    ]);
    expect(audits.map(({ operation, decision }) => [operation, decision.allowed])).toEqual([
      ['delete', true],
      ['delete', true],
    ]);
  });

  it('deletes nothing that it may not, and no version but the one that was named', async () => {
    const { audits, call, operations, store } = openArtifactHost();
    await putThere(store, 'fixed/a', 'x');
    await putThere(store, 'out/a', 'x');
    expect(await outcome(call('artifacts.delete', 'fixed/a'))).toBe('ERR_PERMISSION_DENIED not-requested');
    expect(await outcome(call('artifacts.delete', 'out/a', { ifMatch: 'other' }))).toMatch(/^ERR_ARTIFACT_CONFLICT/);
    expect(await outcome(call('artifacts.delete', 'out/a', { recursive: true }))).toBe('ERR_INVALID_ARGUMENT');
    expect(operations).toEqual([]);
    expect(audits.map(({ operation, decision }) => [operation, decision.allowed])).toEqual([
      ['delete', false],
      ['delete', true],
    ]);
  });
});

describe('artifacts.copy', () => {
  it('asks at both ends, and counts the bytes as read and as written', async () => {
    const { audits, call, meter, operations, store } = openArtifactHost();
    await putThere(store, 'shared/a', 'hello', '@acme/other');
    const info = await call('artifacts.copy', 'artifact://@acme/other/shared/a', 'out/a', { version: '1.0.0' });
    expect(info).toMatchObject({ path: 'out/a', bytes: 5, version: '1.0.0' });
    expect(info).not.toHaveProperty('location');
    expect(audits.map(({ operation, target, decision }) => [operation, target, decision.allowed])).toEqual([
      ['read', 'artifact://@acme/other/shared/a', true],
      ['write', 'out/a', true],
    ]);
    expect(operations).toEqual([
      {
        name: 'artifacts.copy',
        target: 'artifact://@acme/other/shared/a',
        destination: 'out/a',
        before: undefined,
        after: stateOf('hello'),
        reversible: true,
        dryRun: false,
      },
    ]);
    expect([meter.used('maxArtifacts'), meter.used('maxArtifactBytes'), meter.used('maxBytesRead')]).toEqual([1, 5, 5]);
  });

  it('is denied at either end, and leaves no use behind', async () => {
    const { audits, call, meter, operations, store } = openArtifactHost();
    await putThere(store, 'out/a', 'x');
    await putThere(store, 'secret/a', 'x', '@acme/other');
    expect(await outcome(call('artifacts.copy', 'artifact://@acme/other/secret/a', 'out/b'))).toBe(
      'ERR_PERMISSION_DENIED not-requested',
    );
    expect(await outcome(call('artifacts.copy', 'out/a', 'fixed/a'))).toBe('ERR_PERMISSION_DENIED not-requested');
    expect(await outcome(call('artifacts.copy', 'out/absent', 'out/b'))).toMatch(/^ERR_ARTIFACT_NOT_FOUND/);
    expect(audits.map(({ operation, decision }) => [operation, decision.allowed])).toEqual([
      ['read', false],
      ['read', true],
      ['write', false],
      ['read', true],
      ['write', true],
    ]);
    expect(operations).toEqual([]);
    expect([meter.used('maxArtifacts'), meter.used('maxArtifactBytes'), meter.used('maxBytesRead')]).toEqual([0, 0, 0]);
  });

  it('copies no more than the quotas let be read and written', async () => {
    for (const quotas of [{ maxArtifactBytes: 4 }, { maxBytesRead: 4 }, { maxArtifacts: 0 }]) {
      const { call, meter, store } = openArtifactHost({ quotas });
      await putThere(store, 'out/a', 'hello');
      expect(await outcome(call('artifacts.copy', 'out/a', 'out/b'))).toBe('ERR_QUOTA_EXCEEDED');
      expect([meter.used('maxArtifacts'), meter.used('maxArtifactBytes'), meter.used('maxBytesRead')]).toEqual([
        0, 0, 0,
      ]);
    }
  });
});
