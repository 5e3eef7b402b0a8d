import { describe, expect, it } from 'vitest';
import { createError } from '@kb-labs/contracts';
import { inProcessSandbox } from '../../src/in-process/in-process-sandbox.js';
import { runBody } from '../fork/fork-scene.js';

/** Uploads a stream of one chunk; the host answers once the body has ended, and refuses where it was cancelled. */
async function upload(chunk: string): Promise<{ readonly calls: readonly string[]; readonly caught: unknown }> {
  const calls: string[] = [];
  const ended = Promise.withResolvers<unknown>();
  const body = `
    const body = new ReadableStream({ start(stream) { stream.enqueue(${chunk}); stream.close(); } });
    try { await ctx.fetch('https://a.test/', { method: 'POST', body, duplex: 'half' }); } catch (error) { return error.code; }
    return 'sent';`;
  const { outcome } = await runBody(inProcessSandbox(), body, {
    api: ['net.fetch', 'net.writeBody', 'net.cancel'],
    answer: (name, args) => {
      calls.push(name === 'net.writeBody' && args[1] !== null ? `${name} ${String(args[1])}` : name);
      if (name === 'net.fetch') return ended.promise;
      if (name === 'net.cancel') ended.reject(createError('ERR_ABORTED', 'the fetch was cancelled'));
      if (args[1] === null)
        ended.resolve({ id: 1, status: 204, statusText: '', headers: [], url: '', redirected: false });
      return Promise.resolve();
    },
  });
  return { calls, caught: outcome.ok ? outcome.value : outcome.error };
}

describe('the upload of a guest', () => {
  it('goes piece by piece', async () => {
    expect(await upload('Uint8Array.of(1, 2)')).toEqual({
      calls: ['net.fetch', 'net.writeBody 1,2', 'net.writeBody'],
      caught: 'sent',
    });
  });

  it.each(["'text'", '{ byteLength: 1 }', '7'])(
    'is cancelled, and never sent short, for a stream of %s',
    async (chunk) => {
      expect(await upload(chunk)).toEqual({ calls: ['net.fetch', 'net.cancel'], caught: 'ERR_ABORTED' });
    },
  );
});
