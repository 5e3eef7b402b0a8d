import type { S3 } from '@aws-sdk/client-s3';

/** What the store calls of the AWS SDK's `new S3(…)`. Any 3.x will do: this package imports types of it, and no code. */
export type S3Calls = Pick<
  S3,
  | 'putObject'
  | 'getObject'
  | 'headObject'
  | 'deleteObject'
  | 'listObjectsV2'
  | 'createMultipartUpload'
  | 'uploadPart'
  | 'completeMultipartUpload'
  | 'abortMultipartUpload'
  | 'listMultipartUploads'
>;

const NEEDED: readonly (keyof S3Calls)[] = [
  'putObject',
  'getObject',
  'headObject',
  'deleteObject',
  'listObjectsV2',
  'createMultipartUpload',
  'uploadPart',
  'completeMultipartUpload',
  'abortMultipartUpload',
  'listMultipartUploads',
];

/** Tells whether a value has every call that the store makes. `new S3Client(…)` has none of them. */
export function hasS3Calls(client: unknown): client is S3Calls {
  if (typeof client !== 'object' || client === null) return false;
  return NEEDED.every((name) => typeof Reflect.get(client, name) === 'function');
}
