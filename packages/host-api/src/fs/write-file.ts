import type { HostFunctionName, QuotaMeter } from '@kb-labs/contracts';
import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import { charge } from '../charge.js';
import { throwIfStopped } from '../host-function.js';
import type { CallContext, HostFunction } from '../host-function.js';
import { createContentDigest } from './content-digest.js';
import { createDigestMemory } from './digest-memory.js';
import { writeAll } from './file-bytes.js';
import type { Place } from './file-tree.js';
import { act, admitPath } from './fs-session.js';
import type { FsSession } from './fs-session.js';
import { openFile, requireOneName } from './open-file.js';
import { describeBytes, describePlace, digestPlace, recordChange } from './record-change.js';
import type { FileChange } from './record-change.js';
import { replaceFile } from './replace-file.js';

const writeArguments = z.tuple([
  z.unknown(),
  z.union([z.string(), z.instanceof(Uint8Array)]),
  z.strictObject({}).optional(),
]);

/** `fs.writeFile(path, data)`: the file is replaced whole, or stays as it was. */
export function createWriteFile(session: FsSession): HostFunction {
  return createWriter(session, { name: 'fs.writeFile', action: 'write' }, async (place, data, context) => {
    const before = await describePlace(session, place);
    await replaceFile(place, context, { fill: (file) => writeAll(file, data, context) });
    return { before, after: describeBytes(session, data) };
  });
}

/** `fs.appendFile(path, data)`: adds at the end, and makes the file where there is none. Not atomic, and not synced. */
export function createAppendFile(session: FsSession): HostFunction {
  const memory = createDigestMemory();
  return createWriter(session, { name: 'fs.appendFile', action: 'append to' }, async (place, data, context) => {
    const standing = memory.recall(place) ?? (await digestPlace(session, place));
    const before = standing?.state();
    const digest = standing ?? (session.recorder.isHeard ? createContentDigest() : undefined);
    using file = openFile(place, 'append');
    requireOneName(file.stats);
    await writeAll(file, data, context);
    digest?.add(data);
    if (digest !== undefined) memory.keep(place, digest);
    // What was there is there still, before what came.
    return { before, after: digest?.state(), reversible: true };
  });
}

type Written = Pick<FileChange, 'before' | 'after' | 'reversible'>;
type Write = (place: Place, data: Uint8Array, context: CallContext) => Promise<Written>;

function createWriter(
  session: FsSession,
  { name, action }: { readonly name: HostFunctionName; readonly action: string },
  write: Write,
): HostFunction {
  return async (args, context) => {
    const [rawPath, rawData] = parseArguments(name, writeArguments, args);
    const path = admitPath(session.gate, rawPath, ['write']);
    const data = typeof rawData === 'string' ? new TextEncoder().encode(rawData) : rawData;
    await act(session, { action, operation: 'write', path }, async () => {
      using charges = chargeWrite(session.gate.meter, data.byteLength);
      throwIfStopped(context);
      using place = session.tree.locate(path);
      const written = await write(place, data, context);
      charges.commit();
      recordChange(session, { name, target: path, ...written });
    });
  };
}

/** Holds one entry and so many bytes of the writing quotas. */
export function chargeWrite(meter: QuotaMeter, bytes: number): Disposable & { commit(): void } {
  const entries = charge(meter, 'maxEntriesWritten', 1);
  try {
    const written = charge(meter, 'maxBytesWritten', bytes);
    return {
      commit() {
        entries.commit();
        written.commit();
      },
      [Symbol.dispose]() {
        entries[Symbol.dispose]();
        written[Symbol.dispose]();
      },
    };
  } catch (error) {
    entries[Symbol.dispose]();
    throw error;
  }
}
