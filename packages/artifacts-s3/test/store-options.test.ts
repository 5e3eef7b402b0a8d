import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { createS3ArtifactStore } from '../src/s3-store.js';
import type { S3ArtifactStoreOptions } from '../src/store-options.js';
import { clientOf } from './s3-servers.js';

// Nothing listens there: a store asks for nothing before it is used.
const client = clientOf('http://127.0.0.1:9');
const valid = { client, bucket: 'artifacts' };

describe('the options of a store', () => {
  it.each<[Partial<S3ArtifactStoreOptions> | { readonly [name: string]: unknown }, string]>([
    [{ client: undefined }, '/client'],
    [{ client: new S3Client({ region: 'us-east-1' }) }, '/client'],
    [{ bucket: '' }, '/bucket'],
    [{ bucket: 1 }, '/bucket'],
    [{ prefix: 'artifacts' }, '/prefix'],
    [{ prefix: '/artifacts/' }, '/prefix'],
    [{ prefix: 'a/../' }, '/prefix'],
    [{ prefix: './' }, '/prefix'],
    [{ prefix: 'ä/' }, '/prefix'],
    [{ prefix: `${'x'.repeat(256)}/` }, '/prefix'],
    [{ clock: { now: () => 0 } }, '/clock'],
    [{ writers: 'two' }, '/writers'],
    [{ partBytes: 1024 }, '/partBytes'],
    [{ partBytes: 5 * 1024 * 1024 + 0.5 }, '/partBytes'],
    [{ partBytes: 2 ** 30 }, '/partBytes'],
    [{ leftoverAfterMs: 999 }, '/leftoverAfterMs'],
    [{ leftoverAfterMs: Number.NaN }, '/leftoverAfterMs'],
    [{ bukket: 'x' }, '/bukket'],
  ])('are refused by name: %o', (option, pointer) => {
    const options: S3ArtifactStoreOptions = Object.assign({}, valid, option);
    expect(() => createS3ArtifactStore(options)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer } }),
    );
  });

  it.each([{}, { prefix: '' }, { prefix: 'a.b/c-d/' }, { writers: 'one' as const }, { partBytes: 5 * 1024 * 1024 }])(
    'may be %o',
    (option) => {
      expect(createS3ArtifactStore({ ...valid, ...option })).toBeInstanceOf(Object);
    },
  );

  it('are an object', () => {
    expect(() => createS3ArtifactStore(JSON.parse('null'))).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });
});
