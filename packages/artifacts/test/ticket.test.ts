import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createFileArtifactStore } from '../src/file-store.js';
import { isAbandoned, newTicket, ownerOf, temporaryName, ticketOf } from '../src/ticket.js';
import { key } from './artifact-fixture.js';
import { temporaryFolder } from './temporary-folder.js';

const keyHash = 'a'.repeat(64);
const DAY_MS = 24 * 60 * 60 * 1000;
const script = fileURLToPath(new URL('one-write.mjs', import.meta.url));
// A name space of process numbers of its own, with the name of this host: as two containers with `hostNetwork` have.
const APART = ['-rpf', '--kill-child', '--mount-proc'];
const here = canBeApart() ? '' : ' (skipped: unshare cannot make a name space of process numbers)';

describe('tickets', () => {
  it('are found again in the names of their files', async () => {
    const ticket = await newTicket(keyHash);
    expect(ticketOf(temporaryName(ticket, 'data'))).toEqual(ticket);
    expect(['', 'x.data', `${keyHash}.data`, `${temporaryName(ticket, 'mark')}x`].map(ticketOf)).toEqual(
      Array(4).fill(undefined),
    );
  });

  it('of this process are in use, whatever their age', async () => {
    expect(await isAbandoned(await newTicket(keyHash), 10 * DAY_MS)).toBe(false);
  });

  it('of a process that is gone are abandoned at once', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    const own = await newTicket(keyHash);
    expect(await isAbandoned({ keyHash, id: own.id.replace(`-${process.pid}-`, `-${child.pid}-`) }, 0)).toBe(true);
  });

  it.runIf(process.platform === 'linux')('of an earlier process with the same number are abandoned', async () => {
    const [host, pid, start, random] = (await newTicket(keyHash)).id.split('-');
    expect(await isAbandoned({ keyHash, id: [host, pid, Number(start) - 1, random].join('-') }, 0)).toBe(true);
  });

  it('of another machine are abandoned after a day of silence', async () => {
    const [, ...rest] = (await newTicket(keyHash)).id.split('-');
    const foreign = { keyHash, id: ['00000000', ...rest].join('-') };
    expect([await isAbandoned(foreign, DAY_MS), await isAbandoned(foreign, DAY_MS + 1)]).toEqual([false, true]);
  });

  it.skipIf(here !== '')(`of another container with the name of this host are in use${here}`, async () => {
    const directory = await temporaryFolder();
    const child = spawn('unshare', [...APART, process.execPath, script, 'hold', directory, 'a']);
    try {
      await once(child.stdout, 'data');
      const tickets = (await readdir(join(directory, '.tmp'))).map(ticketOf);
      expect(tickets).not.toEqual([]);
      for (const ticket of tickets) {
        if (ticket === undefined) throw new Error('a name that is none of a store');
        expect(ticket.id.split('-')[0]).not.toBe((await newTicket(keyHash)).id.split('-')[0]);
        expect([await ownerOf(ticket), await isAbandoned(ticket, 0)]).toEqual(['unseen', false]);
      }
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('that are abandoned are swept, and nothing else in the folder is', async () => {
    const directory = await temporaryFolder();
    await mkdir(join(directory, '.tmp'));
    const own = await newTicket(keyHash);
    const foreign = { keyHash, id: own.id.replace(/^[^-]+/, '00000000') };
    const old = { keyHash, id: foreign.id.replace(/.$/, (last) => (last === '0' ? '1' : '0')) };
    const names = [temporaryName(own, 'data'), temporaryName(foreign, 'data'), 'notes.txt'];
    for (const name of [...names, temporaryName(old, 'data')]) await writeFile(join(directory, '.tmp', name), 'x');
    const longAgo = new Date(Date.now() - 2 * DAY_MS);
    await utimes(join(directory, '.tmp', temporaryName(old, 'data')), longAgo, longAgo);
    await createFileArtifactStore({ directory }).stat(key);
    expect((await readdir(join(directory, '.tmp'))).sort()).toEqual(names.sort());
  });
});

function canBeApart(): boolean {
  try {
    execFileSync('unshare', [...APART, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    // No unshare, or no right to a name space of one's own.
    return false;
  }
}
