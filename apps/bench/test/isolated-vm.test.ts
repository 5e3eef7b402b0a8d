import { describe, expect, it } from 'vitest';
import { measureIsolatedVm } from '../src/peers/isolated-vm.js';

describe('isolated-vm', () => {
  const hasBinary =
    process.platform === 'linux' && process.arch === 'x64' && Number(process.versions.node.split('.')[0]) >= 24;

  it.runIf(hasBinary)('is measured where it brings a binary for this Node', async () => {
    expect(await measureIsolatedVm(3, new AbortController().signal)).toEqual({
      fresh: expect.any(Number),
      warm: expect.any(Number),
    });
  });

  it.skipIf(hasBinary)('says why it is not measured where it brings none', async () => {
    const found = await measureIsolatedVm(3, new AbortController().signal);
    expect(found).toEqual(expect.stringMatching(/^isolated-vm was not measured: ./u));
  });

  it('ends where it is stopped', async () => {
    await expect(measureIsolatedVm(3, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });
});
