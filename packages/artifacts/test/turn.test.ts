import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { keyHashOf } from '../src/current-version.js';
import { createFileArtifactStore } from '../src/file-store.js';
import { newTicket, temporaryName } from '../src/ticket.js';
import { code, key, putOptions, readAll } from './artifact-fixture.js';
import { filesBelow, temporaryFolder } from './temporary-folder.js';

const run = promisify(execFile);
const script = fileURLToPath(new URL('one-write.mjs', import.meta.url));

describe('turns', () => {
  it('let one of several processes create an artifact', async () => {
    const directory = await temporaryFolder();
    const runs = Array.from({ length: 6 }, () => run(process.execPath, [script, 'create', directory, 'a']));
    const lines = (await Promise.all(runs)).map(({ stdout }) => stdout.trim());
    expect(lines.toSorted()).toEqual([...Array<string>(5).fill('ERR_ARTIFACT_CONFLICT'), 'won']);
    expect(await filesBelow(join(directory, '.tmp'))).toEqual([]);
  });

  it('lose no change of several processes that read, change and write', { timeout: 60_000 }, async () => {
    const directory = await temporaryFolder();
    const store = createFileArtifactStore({ directory });
    const counter = { pluginId: 'acme', path: 'counter' };
    await store.put(counter, Buffer.from('0'), putOptions());
    await Promise.all(Array.from({ length: 4 }, () => run(process.execPath, [script, 'count', directory, 'counter'])));
    expect([await readAll(store, counter), await filesBelow(join(directory, '.tmp'))]).toEqual(['20', []]);
  });

  // In a process of its own, and so as it is built: what is lowered there once threw the error of a first attempt after the second.
  it('let puts through while their folder is removed again and again', async () => {
    const directory = await temporaryFolder();
    const { stdout } = await run(process.execPath, [script, 'churn', directory, 'deep/er/file']);
    expect([stdout, await filesBelow(join(directory, '.tmp'))]).toEqual(['', []]);
  });

  it('wait for who is alive, for as long as the signal lets them, and not for who is gone', async () => {
    const directory = await temporaryFolder();
    const store = createFileArtifactStore({ directory });
    await store.put(key, Buffer.from('old'), putOptions());
    const ticket = await newTicket(keyHashOf(key));
    const held = join(directory, '.tmp', temporaryName(ticket, 'turn'));
    await writeFile(held, '', { mode: 0o600 });
    const limit = new AbortController();
    const refused = store.put(key, Buffer.from('given up'), putOptions({ signal: limit.signal }));
    const waiting = store.put(key, Buffer.from('new'), putOptions());
    limit.abort('enough');
    await expect(refused).rejects.toThrow(code('ERR_ABORTED'));
    expect(await readAll(store)).toBe('old');
    await rm(held);
    await waiting;
    expect(await readAll(store)).toBe('new');
    const gone = { ...ticket, id: ticket.id.replace(`-${process.pid}-`, '-999999999-') };
    await writeFile(join(directory, '.tmp', temporaryName(gone, 'turn')), '', { mode: 0o600 });
    await store.put(key, Buffer.from('newer'), putOptions());
    expect(await readAll(store)).toBe('newer');
  });

  it('are not held up by what a checkout brings along', async () => {
    const directory = await temporaryFolder();
    const store = createFileArtifactStore({ directory });
    const { id, keyHash } = await newTicket(keyHashOf(key));
    const planted = (host: string, start: string): string =>
      temporaryName({ keyHash, id: [host, '1', start, '0'.repeat(16)].join('-') }, 'turn');
    await mkdir(join(directory, '.tmp', planted('00000000', '7')), { recursive: true });
    await writeFile(join(directory, '.tmp', planted('11111111', '7')), '', { mode: 0o644 });
    await writeFile(join(directory, '.tmp', planted(id.slice(0, 8), '0')), '', { mode: 0o644 });
    // Long before the five seconds that another machine would have.
    await store.put(key, Buffer.from('new'), putOptions({ signal: AbortSignal.timeout(4_000) }));
    expect(await readAll(store)).toBe('new');
  });

  it('end after five seconds for who is on another machine, or says so', async () => {
    const directory = await temporaryFolder();
    const store = createFileArtifactStore({ directory });
    await store.put(key, Buffer.from('old'), putOptions());
    const { id, keyHash } = await newTicket(keyHashOf(key));
    for (const [host, start] of [
      ['00000000', '7'],
      [id.slice(0, 8), '0'],
    ] as const) {
      const foreign = { keyHash, id: [host, '1', start, '0'.repeat(16)].join('-') };
      await writeFile(join(directory, '.tmp', temporaryName(foreign, 'turn')), '', { mode: 0o600 });
    }
    const early = store.put(key, Buffer.from('early'), putOptions({ signal: AbortSignal.timeout(500) }));
    const waiting = store.put(key, Buffer.from('new'), putOptions());
    await expect(early).rejects.toThrow(code('ERR_ABORTED'));
    await waiting;
    // Nobody waits for them a second time.
    await store.put(key, Buffer.from('newer'), putOptions({ signal: AbortSignal.timeout(4_000) }));
    expect([await readAll(store), await filesBelow(join(directory, '.tmp'))]).toEqual(['newer', []]);
  });

  it('are given back by those whose condition does not hold', async () => {
    const directory = await temporaryFolder();
    const store = createFileArtifactStore({ directory });
    await store.put(key, Buffer.from('old'), putOptions());
    await expect(store.put(key, Buffer.from('x'), putOptions({ ifMatch: 'x' }))).rejects.toThrow(
      code('ERR_ARTIFACT_CONFLICT'),
    );
    await expect(store.delete(key, { ifMatch: 'x' })).rejects.toThrow(code('ERR_ARTIFACT_CONFLICT'));
    expect(await filesBelow(join(directory, '.tmp'))).toEqual([]);
  });
});
