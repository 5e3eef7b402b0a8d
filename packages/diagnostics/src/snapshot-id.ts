import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const EXTENSION = '.json';

/** A new id. Ids of later moments sort behind. */
export function makeSnapshotId(): string {
  return uuidv7();
}

/** Whether a text is an id: nothing else may become part of a path. */
export function isSnapshotId(text: string): boolean {
  return ID.test(text);
}

/** When an id was made, in milliseconds since the epoch. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** Where a snapshot lies. */
export function fileOf(directory: string, id: string): string {
  return join(directory, `${id}${EXTENSION}`);
}

/** Where the bodies of a snapshot lie. */
export function bodiesOf(directory: string, id: string): string {
  return join(directory, `${id}.bodies`);
}

/** The id that the name of a file says, or `undefined`. */
export function idOfFileName(name: string): string | undefined {
  const id = name.endsWith(EXTENSION) ? name.slice(0, -EXTENSION.length) : '';
  return isSnapshotId(id) ? id : undefined;
}
