import type { FileHandle } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { writeWhole } from '../src/write-whole.js';
import { code } from './artifact-fixture.js';

const block = Buffer.from('0123456789');

/** A file that takes so many bytes at each call, and then none. */
function fileTaking(...counts: readonly number[]): {
  readonly written: () => string;
  readonly write: FileHandle['write'];
} {
  let written = '';
  const left = [...counts];
  const write = async (buffer: Buffer, start: number): Promise<{ bytesWritten: number; buffer: Buffer }> => {
    const bytesWritten = left.shift() ?? 0;
    written += buffer.toString('utf8', start, start + bytesWritten);
    return { bytesWritten, buffer };
  };
  return { written: () => written, write: write as FileHandle['write'] };
}

describe('a block', () => {
  it('is written whole, however little the system takes at a time', async () => {
    const file = fileTaking(3, 1, 6);
    await writeWhole(file, block);
    expect(file.written()).toBe('0123456789');
  });

  it('fails where the system takes nothing more, and is not tried for ever', async () => {
    const file = fileTaking(3);
    await expect(writeWhole(file, block)).rejects.toThrow(code('ERR_IO_FAILED'));
    expect(file.written()).toBe('012');
  });
});
