import { execFile, execFileSync } from 'node:child_process';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createError } from '@kb-labs/contracts';
import { conflict, corrupt, toStoreError } from '../src/store-errors.js';
import { filesBelow, temporaryFolder } from './temporary-folder.js';

const run = promisify(execFile);
const writer = fileURLToPath(new URL('failing-writer.mjs', import.meta.url));
// A name space of its own lets a test mount a small disk.
const unshare = 'unshare';
const NOBODY = 65_534;

describe('a store that the system refuses', () => {
  it.runIf(canMount())('says that the disk is full, keeps what was there and leaves nothing half', async () => {
    const directory = await temporaryFolder();
    const script = `mount -t tmpfs -o size=256k tmpfs "$1" && "$2" "$3" "$1" && find "$1" -type f | grep -v /.meta/ && wc -c < "$1/acme/a.bin"`;
    const { stdout } = await run(unshare, ['-rm', 'sh', '-c', script, 'sh', directory, process.execPath, writer]);
    expect(stdout.trim().split('\n')).toEqual([
      '10',
      'ERR_IO_FAILED ENOSPC free space where the artifacts lie',
      join(directory, 'acme/a.bin'),
      '10',
    ]);
  });

  it.runIf(process.platform === 'linux')('says that it may not write, and removes what it began', async () => {
    const folder = await temporaryFolder();
    const directory = join(folder, 'store');
    const asRoot = process.getuid?.() === 0;
    await mkdir(join(directory, 'acme'), { recursive: true });
    if (asRoot) for (const path of [folder, directory, join(directory, 'acme')]) await chown(path, NOBODY, NOBODY);
    await chmod(join(directory, 'acme'), 0o500);
    const { stdout } = await run(process.execPath, [writer, directory, ...(asRoot ? [String(NOBODY)] : [])]);
    await chmod(join(directory, 'acme'), 0o700);
    const line = 'ERR_IO_FAILED EACCES let the user that the host runs as write the folder of the artifacts';
    expect(stdout.trim().split('\n')).toEqual([line, line]);
    expect(await filesBelow(directory)).toEqual([]);
  });
});

describe('errors of the store', () => {
  it('name the artifact and never the place where it lies', () => {
    const cause = Object.assign(new Error("EROFS: read-only file system, open '/srv/secret/place'"), { code: 'EROFS' });
    expect(toStoreError(cause, 'artifact://acme/a')).toEqual(
      expect.objectContaining({
        code: 'ERR_IO_FAILED',
        message: 'the store failed on artifact://acme/a: EROFS',
        details: { uri: 'artifact://acme/a', errno: 'EROFS' },
        cause,
      }),
    );
  });

  it('say what to do', () => {
    const uri = 'artifact://acme/a';
    expect([
      conflict(uri, 'the name is taken', 'replace'),
      conflict(uri, 'it was replaced', 'look-up-to-read'),
      corrupt(uri, 'its bytes changed'),
    ]).toEqual([
      expect.objectContaining({
        message: 'artifact://acme/a cannot be written: the name is taken',
        hint: 'use another name, or leave ifNoneMatch out to replace it',
      }),
      expect.objectContaining({
        message: 'artifact://acme/a cannot be read: it was replaced',
        hint: 'look the artifact up again',
      }),
      expect.objectContaining({
        message: 'artifact://acme/a is damaged: its bytes changed',
        hint: 'delete the artifact, and write it again',
      }),
    ]);
  });

  it('of ours stay as they are', () => {
    const error = createError('ERR_TIMEOUT', 'too long');
    expect(toStoreError(error, 'artifact://acme/a')).toBe(error);
  });
});

function canMount(): boolean {
  try {
    execFileSync(unshare, ['-rm', 'sh', '-c', 'mount -t tmpfs tmpfs /mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    // No unshare, or no right to a name space of one's own.
    return false;
  }
}
