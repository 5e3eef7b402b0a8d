import { formatRecord } from './head-record.js';
import type { Head, HeadRecord } from './head-record.js';
import type { S3Objects } from './s3-objects.js';
import type { Turns } from './turns.js';

/** A change of one head, only where it still is as it was read: `undefined` for not there. */
interface HeadChange {
  readonly key: string;
  readonly expected: Head | undefined;
}

/** Changes heads, each only where nobody else did since. False where somebody did. */
export interface HeadWriter {
  replace(change: HeadChange, record: HeadRecord): Promise<boolean>;
  /** Afterwards there is no head, or `gone` in its place. */
  remove(change: HeadChange & { readonly expected: Head }, gone: HeadRecord): Promise<boolean>;
}

/** Leaves it to the server to compare. Where it deletes under no condition, what is deleted is replaced by a record that says so. */
export function conditionalHeadWriter(objects: S3Objects, deletes: boolean): HeadWriter {
  return {
    replace: ({ key, expected }, record) =>
      objects.write(
        key,
        formatRecord(record),
        expected === undefined ? { IfNoneMatch: '*' } : { IfMatch: expected.etag },
      ),
    remove: ({ key, expected }, gone) =>
      deletes
        ? objects.remove(key, { IfMatch: expected.etag })
        : objects.write(key, formatRecord(gone), { IfMatch: expected.etag }),
  };
}

/** Compares by itself, one change of a head after the other. Right only while nobody else writes. */
export function soleHeadWriter(objects: S3Objects, turns: Turns): HeadWriter {
  const change = ({ key, expected }: HeadChange, work: () => Promise<boolean>): Promise<boolean> =>
    turns(key, async () => (await objects.read(key))?.etag === expected?.etag && work());
  return {
    replace: (what, record) => change(what, () => objects.write(what.key, formatRecord(record))),
    remove: (what) => change(what, () => objects.remove(what.key)),
  };
}
