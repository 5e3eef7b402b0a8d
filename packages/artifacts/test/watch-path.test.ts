import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ArtifactBroker } from '../src/artifact-broker.js';
import { createFileArtifactStore } from '../src/file-store.js';
import { temporaryFolder } from './temporary-folder.js';

const run = promisify(execFile);
const script = fileURLToPath(new URL('one-write.mjs', import.meta.url));
const path = 'deep/er/a';

function over(directory: string): ArtifactBroker {
  return new ArtifactBroker({ store: createFileArtifactStore({ directory }), pluginId: 'acme', rules: 'host' });
}

describe('watching a file', () => {
  it('hears of a write by another process, in folders that do not exist yet', async () => {
    const directory = join(await temporaryFolder(), 'not/yet/there');
    const broker = over(directory);
    const waiting = broker.wait(path, { timeoutMs: 20_000 });
    await run(process.execPath, [script, 'write', directory, path]);
    expect((await waiting).bytes).toBe(5);
  });

  it('hears of every write in turn, though its folders come and go', async () => {
    const directory = await temporaryFolder();
    const [reader, writer] = [over(directory), over(directory)];
    for (let round = 0; round < 10; round += 1) {
      const waiting = reader.wait(path, { timeoutMs: 20_000 });
      const info = await writer.write(path, `${round}`);
      expect((await waiting).etag).toBe(info.etag);
      await writer.delete(path);
    }
  });

  it('does not keep a process alive that only watches, and does one that waits', async () => {
    const directory = await temporaryFolder();
    const { stdout } = await run(process.execPath, [script, 'watch', directory, path]);
    expect(stdout).toBe('watching\n');
    const child = spawn(process.execPath, [script, 'wait', directory, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    await over(directory).write(path, 'x');
    expect(await exited).toEqual([0, null]);
  });
});
