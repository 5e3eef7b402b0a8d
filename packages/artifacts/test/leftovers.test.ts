import { mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyHashOf } from '../src/current-version.js';
import { openFolder } from '../src/folder.js';
import type { Folder } from '../src/folder.js';
import { sweepKey } from '../src/leftovers.js';
import { newTicket, temporaryName } from '../src/ticket.js';
import { createVersion, makeShard, readVersions, writeVersion } from '../src/version-index.js';
import { key } from './artifact-fixture.js';
import { temporaryFolder } from './temporary-folder.js';

describe('sweepKey', () => {
  it('spares a version that is being written, however many folders are opened and closed meanwhile', async () => {
    const root = await temporaryFolder();
    const keyHash = keyHashOf(key);
    const ticket = await newTicket(keyHash);
    await mkdir(join(root, '.tmp'));
    await writeFile(join(root, '.tmp', temporaryName(ticket, 'data')), 'half');
    const sum = { bytes: 4, sha256: '0'.repeat(64), contentType: 'text/plain', createdAt: 0, identity: '0-0' };
    const unset = { version: undefined, schemaVersion: undefined, expiresAt: undefined };
    const version = { ...key, ...sum, ...unset, id: ticket.id };
    await using base = await openFolder({ root, segments: [], create: false });
    if (base === undefined) throw new Error('the folder is gone');
    const made: Folder[] = [];
    await using shard = await makeShard(base, keyHash, (parent) => void made.push(parent));
    for (const parent of made) await parent[Symbol.asyncDispose]();
    const record = await createVersion(shard, keyHash, version.id);
    await writeVersion(record, version);
    await record.close();
    // Each of them takes a number that was just given back, and has nothing in it.
    const takeNumbers = async (): Promise<void> => {
      for (let round = 0; round < 100; round += 1) await (await open(join(root, '.meta'))).close();
    };
    const sweep = async (): Promise<void> => {
      for (let round = 0; round < 25; round += 1) await sweepKey(root, keyHash);
    };
    await Promise.all([takeNumbers(), takeNumbers(), sweep(), sweep(), sweep(), sweep()]);

    expect(await readVersions(root, keyHash)).toEqual([version]);
  });

  it('forgets what is no whole version of an id under which nobody writes any more, and nothing else', async () => {
    const root = await temporaryFolder();
    const keyHash = keyHashOf(key);
    const [ended, living] = [await newTicket(keyHash), await newTicket(keyHash)];
    const shard = join(root, '.meta', keyHash.slice(0, 3));
    await mkdir(shard, { recursive: true });
    const names = [ended, living].map(({ id }) => `${keyHash}.${id}.json`);
    for (const name of [...names, 'other.json']) await writeFile(join(shard, name), '{"format":1,');
    await sweepKey(root, keyHash, { ended: [ended.id] });
    expect((await readdir(shard)).toSorted()).toEqual([names[1], 'other.json'].toSorted());
  });
});
