import type { FileHandle } from 'node:fs/promises';
import { createError } from '@kb-labs/contracts';

/**
 * Writes a block in one call, unless the system writes less at a time. A handle's `writeFile` cuts at 512 KiB, and its second part waits until this thread
 * has hashed. Throws `ERR_IO_FAILED` where nothing more is written: a file system that says so would be asked for ever.
 */
export async function writeWhole(file: Pick<FileHandle, 'write'>, block: Buffer): Promise<void> {
  for (let start = 0; start < block.byteLength;) {
    const { bytesWritten } = await file.write(block, start);
    if (bytesWritten === 0) throw createError('ERR_IO_FAILED', 'the file system wrote no bytes, and did not say why');
    start += bytesWritten;
  }
}
