import { readdirSync } from 'node:fs';
import { createFileArtifactStore } from '@kb-labs/artifacts';
import type { ArtifactAccess } from '@kb-labs/contracts';
import { describe, expect, it, vi } from 'vitest';
import { makeFolder, outcome, text } from '../open-host.js';
import { bound, bytes, openArtifactHost, putThere } from './open-artifact-host.js';

describe('the end of a run', () => {
  it('throws away what was not committed, and gives its quota back', async () => {
    const { api, call, meter, operations, store } = openArtifactHost();
    const id = await call('artifacts.openWrite', 'out/a');
    await call('artifacts.writeChunk', id, bytes('half'));
    await call('artifacts.openWrite', 'out/b');
    await api[Symbol.asyncDispose]();
    expect(await store.stat({ pluginId: '@acme/report', path: 'out/a' })).toBe(undefined);
    expect([meter.used('maxArtifacts'), meter.used('maxArtifactBytes')]).toEqual([0, 0]);
    expect(operations).toEqual([]);
    expect(await outcome(call('artifacts.writeChunk', id, bytes('x')))).toBe('ERR_PERMISSION_DENIED run-over');
    expect(await outcome(call('artifacts.closeWrite', id, true))).toBe('ERR_PERMISSION_DENIED run-over');
  });

  it('leaves no file of what was not committed', async () => {
    const directory = makeFolder();
    const all = (): readonly string[] => readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted();
    // Whatever is written begins with the folder of its metadata. There are 4096 of these, and each stays.
    const names = (): readonly string[] => all().filter((name) => !/^\.meta\/[\da-f]{3}$/u.test(name));
    const { api, call } = openArtifactHost({ store: createFileArtifactStore({ directory }) });
    await call('artifacts.write', 'out/whole', bytes('x'));
    const before = names();
    const id = await call('artifacts.openWrite', 'out/half');
    await call('artifacts.writeChunk', id, new Uint8Array(1_000_000));
    await vi.waitFor(() => expect(names()).not.toEqual(before));
    await api[Symbol.asyncDispose]();
    expect(names()).toEqual(before);
  });

  it('ends what waits, and audits no denial for it', async () => {
    const { api, audits, call } = openArtifactHost();
    const waiting = outcome(call('artifacts.wait', 'out/a'));
    await api[Symbol.asyncDispose]();
    expect(await waiting).toBe('ERR_PERMISSION_DENIED run-over');
    expect(audits).toEqual([]);
    expect(api.denials).toBe(0);
  });

  it('ends while artifacts are being opened', async () => {
    const { api, call, meter, store } = openArtifactHost();
    await putThere(store, 'out/a', 'x');
    const calls = [
      outcome(call('artifacts.openWrite', 'out/b')),
      outcome(call('artifacts.openRead', 'out/a')),
      outcome(call('artifacts.copy', 'out/a', 'out/c')),
      outcome(call('artifacts.write', 'out/d', bytes('x'))),
    ];
    await api[Symbol.asyncDispose]();
    for (const each of await Promise.all(calls)) expect(each).toMatch(/^(resolved|ERR_PERMISSION_DENIED run-over)/);
    expect(meter.used('maxArtifacts')).toBe(
      (
        await Promise.all(['c', 'd'].map((name) => store.stat({ pluginId: '@acme/report', path: `out/${name}` })))
      ).filter((info) => info !== undefined).length,
    );
    expect(await store.stat({ pluginId: '@acme/report', path: 'out/b' })).toBe(undefined);
  });

  it('keeps the ids of one run from another', async () => {
    const one = openArtifactHost();
    const other = openArtifactHost();
    await putThere(one.store, 'out/a', 'mine');
    await one.call('artifacts.openRead', 'out/a');
    expect(await outcome(other.call('artifacts.readChunk', 1))).toBe('ERR_INVALID_ARGUMENT');
    expect(text(await one.call('artifacts.readChunk', 1))).toBe('mine');
  });

  it('ends with nothing left of a write that was only being opened', async () => {
    const asked = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    let cleaned = false;
    const slow = (access: ArtifactAccess): ArtifactAccess => ({
      ...bound(access),
      async writeStream(_uri, _body, options) {
        options?.signal?.addEventListener('abort', () => aborted.resolve());
        asked.resolve();
        await aborted.promise;
        // As a store takes a few turns to remove what it began.
        await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
        cleaned = true;
        throw new Error('given up');
      },
    });
    const { api, call } = openArtifactHost({ between: slow });
    const opening = outcome(call('artifacts.openWrite', 'out/a', { contentType: 'text/plain' }));
    await asked.promise;
    await api[Symbol.asyncDispose]();
    expect(cleaned).toBe(true);
    expect(await opening).toBe('ERR_PERMISSION_DENIED run-over');
  });
});
