import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyHashOf } from '../src/current-version.js';
import { sweepKey } from '../src/leftovers.js';
import { newTicket, temporaryName } from '../src/ticket.js';
import { addVersion, openTemporary, readVersions } from '../src/version-index.js';
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
    await using temporary = await openTemporary(root, true);
    if (temporary === undefined) throw new Error('there is no folder of temporary files');
    await addVersion(root, temporary, { ticket, version });
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
});
