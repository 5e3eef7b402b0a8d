import { describe, expect, it } from 'vitest';
import { createMemoryArtifactStore } from '../src/memory-store.js';
import { assertPutOptions } from '../src/put-options.js';

describe('the options of a write', () => {
  it('need a signal', async () => {
    const options = JSON.parse('{ "contentType": "text/plain", "maxBytes": 10 }');
    const refusal = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', message: 'signal is not an AbortSignal' });
    expect(() => assertPutOptions(options)).toThrow(refusal);
    const written = createMemoryArtifactStore().put({ pluginId: 'acme', path: 'a' }, Buffer.from('x'), options);
    await expect(written).rejects.toEqual(refusal);
  });
  it('may leave the size open', () => {
    const { signal } = new AbortController();
    expect(() => assertPutOptions({ contentType: 'text/plain', maxBytes: Infinity, signal })).not.toThrow();
  });
});
