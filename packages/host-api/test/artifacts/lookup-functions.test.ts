import { describe, expect, it } from 'vitest';
import { outcome } from '../open-host.js';
import { bytes, openArtifactHost, putThere } from './open-artifact-host.js';

describe('artifacts.stat', () => {
  it('tells of what is there, without where it lies, and of what is not', async () => {
    const { audits, call, store } = openArtifactHost();
    await putThere(store, 'out/a', 'x');
    const info = await call('artifacts.stat', 'out/a');
    expect(info).toMatchObject({ path: 'out/a', bytes: 1 });
    expect(info).not.toHaveProperty('location');
    expect(await call('artifacts.stat', 'out/b')).toBe(undefined);
    expect(await outcome(call('artifacts.stat', 'secret/a'))).toBe('ERR_PERMISSION_DENIED not-requested');
    expect(audits.map(({ operation, target, decision }) => [operation, target, decision.allowed])).toEqual([
      ['stat', 'out/a', true],
      ['stat', 'out/b', true],
      ['stat', 'secret/a', false],
    ]);
  });
});

describe('artifacts.list', () => {
  it('leaves out what may not be read, and counts what it names', async () => {
    const { audits, call, meter, store } = openArtifactHost();
    await putThere(store, 'out/a', 'x');
    await putThere(store, 'out/b', 'y');
    await putThere(store, 'secret/c', 'z');
    const infos = await call('artifacts.list', { status: 'all' });
    expect(infos).toMatchObject([{ path: 'out/a' }, { path: 'out/b' }]);
    expect(JSON.stringify(infos)).not.toContain('location');
    expect(meter.used('maxEntriesRead')).toBe(2);
    await call('artifacts.list', { from: '@acme/other', glob: 'shared/*' });
    expect(audits.map(({ operation, target, decision }) => [operation, target, decision.allowed])).toEqual([
      ['list', 'artifact://self/**', true],
      ['list', 'artifact://@acme/other/shared/*', true],
    ]);
  });

  it('is denied where nothing of a plugin may be read', async () => {
    const { audits, call } = openArtifactHost();
    expect(await outcome(call('artifacts.list', { from: '@acme/third' }))).toBe('ERR_PERMISSION_DENIED not-requested');
    expect(audits).toMatchObject([
      { operation: 'list', target: 'artifact://@acme/third/**', decision: { allowed: false, reason: 'not-requested' } },
    ]);
  });

  it('names as many as fit into a message, however long their names are', async () => {
    const { call, store } = openArtifactHost();
    const long = Array.from({ length: 5 }, () => 'ü'.repeat(100)).join('/');
    for (let index = 0; index < 500; index += 1) await putThere(store, `out/${long}/${index}`, '');
    expect(await outcome(call('artifacts.list'))).toBe('ERR_OUTPUT_EXCEEDED');
    expect(await call('artifacts.list', { limit: 100 })).toHaveLength(100);
  });

  it('names no more than the quota, and no more than a message carries', async () => {
    const few = openArtifactHost({ quotas: { maxEntriesRead: 1 } });
    const small = openArtifactHost({ host: { maxMessageBytes: 300 } });
    for (const { store } of [few, small]) {
      await putThere(store, 'out/a', 'x');
      await putThere(store, 'out/b', 'y');
    }
    expect(await outcome(few.call('artifacts.list'))).toBe('ERR_QUOTA_EXCEEDED');
    expect(await outcome(small.call('artifacts.list'))).toBe('ERR_OUTPUT_EXCEEDED');
  });
});

describe('artifacts.wait', () => {
  it('waits for what comes later', async () => {
    const { call, store } = openArtifactHost();
    const waiting = call('artifacts.wait', 'out/a', { timeoutMs: 10_000 });
    await call('artifacts.write', 'out/a', bytes('x'));
    expect(await waiting).toMatchObject({ path: 'out/a', bytes: 1 });
    await putThere(store, 'out/b', 'x');
    expect(await call('artifacts.wait', 'out/b')).not.toHaveProperty('location');
  });

  it('ends with its time, and with its call', async () => {
    const { api, audits, call } = openArtifactHost();
    expect(await outcome(call('artifacts.wait', 'out/a', { timeoutMs: 1 }))).toBe('ERR_TIMEOUT');
    const { signal } = new AbortController();
    const controller = new AbortController();
    const waiting = outcome(api.call('artifacts.wait', ['out/a'], { signal: controller.signal }));
    controller.abort();
    expect(await waiting).toBe('ERR_ABORTED');
    expect(await outcome(api.call('artifacts.wait', ['secret/a'], { signal }))).toBe(
      'ERR_PERMISSION_DENIED not-requested',
    );
    expect(audits.map(({ operation, target, decision }) => [operation, target, decision.allowed])).toEqual([
      ['stat', 'out/a', true],
      ['stat', 'secret/a', false],
    ]);
  });
});
