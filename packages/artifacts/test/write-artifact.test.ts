import { describe, expect, it } from 'vitest';
import { ArtifactBroker } from '../src/artifact-broker.js';
import { createMemoryArtifactStore } from '../src/memory-store.js';
import { writeArtifact } from '../src/write-artifact.js';
import { clock, code, readAll } from './artifact-fixture.js';

function setUp() {
  const store = createMemoryArtifactStore({ clock });
  return { store, broker: new ArtifactBroker({ store, pluginId: 'acme', rules: 'host', clock }) };
}

describe('writeArtifact', () => {
  it.each([
    ['text', 'txt'],
    [{ a: 1 }, 'json'],
    [Buffer.from('x'), 'bin'],
  ])('names %j by time and chance', async (data, extension) => {
    const { broker, store } = setUp();
    const info = await writeArtifact(broker, data);
    expect(info.path).toMatch(new RegExp(`^20231114T221320000Z-[0-9a-f-]{36}\\.${extension}$`));
    expect(await readAll(store, info)).toBe(await broker.read(info.uri, { as: 'text' }));
  });

  it('never takes one name twice', async () => {
    const { broker } = setUp();
    const infos = await Promise.all(Array.from({ length: 100 }, () => writeArtifact(broker, 'same')));
    expect(new Set(infos.map(({ path }) => path)).size).toBe(100);
  });

  it('writes where it is told to, with what else it is told', async () => {
    const { broker } = setUp();
    const info = await writeArtifact(broker, '# A', { path: 'a.md', contentType: 'text/markdown', version: '1.0.0' });
    expect(info).toMatchObject({ path: 'a.md', contentType: 'text/markdown', version: '1.0.0' });
    await expect(writeArtifact(broker, 'x', { path: '../a' })).rejects.toThrow(code('ERR_ARTIFACT_PATH_INVALID'));
    await expect(writeArtifact(broker, undefined)).rejects.toThrow(code('ERR_INVALID_ARGUMENT'));
  });
});
