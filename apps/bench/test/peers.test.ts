import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRawChannel } from '../src/peers/raw-channel.js';
import { openRawPipe } from '../src/peers/raw-pipe.js';

describe('the floors', () => {
  it('bring back what they were sent, also many at once', async () => {
    await using raw = await openRawChannel();
    const values = Array.from({ length: 50 }, (_, n) => ({ n, text: 'ü'.repeat(n * 100) }));
    expect(await Promise.all(values.map((value) => raw.echo(value)))).toEqual(values);
  });

  it.each([false, true])('read the files that they are asked for (at once: %s)', async (atOnce) => {
    const folder = await mkdtemp(join(tmpdir(), 'kb-labs-bench-'));
    const files = ['a', 'b'].map((name) => join(folder, name));
    await Promise.all(files.map((file) => writeFile(file, 'four')));
    await using raw = await openRawChannel();
    const took = await raw.timeReads({ files, atOnce, times: 3 });
    expect(took.map((ms) => typeof ms)).toEqual(['number', 'number', 'number']);
    await rm(folder, { recursive: true });
  });

  it('copy bytes', async () => {
    await using pipe = await openRawPipe();
    const bytes = new Uint8Array(300_000).map((_, index) => index * 7);
    expect(Buffer.compare(await pipe.copy(bytes), bytes)).toBe(0);
    expect(await pipe.copy(new Uint8Array([1]))).toEqual(new Uint8Array([1]));
  });
});
