import { parseRecord } from './head-record.js';
import type { ObjectKeys } from './object-keys.js';
import type { S3Objects } from './s3-objects.js';

/** What is swept, and since when it must lie there. */
export interface Sweep {
  readonly objects: S3Objects;
  readonly keys: ObjectKeys;
  /** Milliseconds since the epoch: who began before is dead, or gives up by itself. */
  readonly before: number;
}

/** Removes what dead writers left: data without a head, uploads that were never completed, and their marks. */
export async function sweep({ objects, keys, before }: Sweep): Promise<void> {
  for await (const mark of objects.list(keys.marks)) {
    if (mark.modifiedAt >= before) continue;
    const slot = keys.slotOfMark(mark.key);
    const isSwept = slot === undefined || (await sweepSlot({ objects, keys, before }, slot));
    if (isSwept) await objects.remove(mark.key);
  }
}

/** False where the head cannot be read, so that nobody knows which data it means. */
async function sweepSlot({ objects, keys, before }: Sweep, slot: string): Promise<boolean> {
  await objects.abortUploads(keys.data(slot), before);
  const candidates: string[] = [];
  for await (const { key, modifiedAt } of objects.list(keys.data(slot))) if (modifiedAt < before) candidates.push(key);
  if (candidates.length === 0) return true;
  const head = await objects.read(keys.head(slot));
  const record = head === undefined ? undefined : parseRecord(head.text, slot.slice(0, slot.lastIndexOf('/')));
  if (head !== undefined && record === undefined) return false;
  // Data this old gets no head any more: whoever uploaded it has given up.
  for (const key of candidates) if (key !== keys.data(slot, record?.id)) await objects.remove(key);
  return true;
}
