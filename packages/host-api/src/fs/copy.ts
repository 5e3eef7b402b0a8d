import type { QuotaMeter } from '@kb-labs/contracts';
import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import { throwIfStopped } from '../host-function.js';
import type { CallContext, HostFunction } from '../host-function.js';
import { createContentDigest } from './content-digest.js';
import type { ContentDigest } from './content-digest.js';
import { readChunks, writeAll } from './file-bytes.js';
import { act, admitPath } from './fs-session.js';
import type { FsSession } from './fs-session.js';
import type { OpenFile } from './open-directory.js';
import { openFile } from './open-file.js';
import { describePlace, recordChange } from './record-change.js';
import { replaceFile } from './replace-file.js';
import { chargeWrite } from './write-file.js';

const copyArguments = z.tuple([z.unknown(), z.unknown(), z.strictObject({}).optional()]);

/** `fs.copy(from, to)`: one file, read at one end and written at the other, whole or not at all. Its bytes count as read and as written. */
export function createCopy(session: FsSession): HostFunction {
  return async (args, context) => {
    const [rawFrom, rawTo] = parseArguments('fs.copy', copyArguments, args);
    const from = admitPath(session.gate, rawFrom, ['read']);
    const to = admitPath(session.gate, rawTo, ['write']);
    const { meter } = session.gate;
    await act(session, { action: 'copy', operation: 'read', path: from }, async () => {
      throwIfStopped(context);
      using source = session.tree.locate(from);
      using file = openFile(source, 'read');
      using charges = chargeWrite(meter, Number(file.stats.size));
      await act(session, { action: 'copy to', operation: 'write', path: to }, async () => {
        using target = session.tree.locate(to);
        const before = await describePlace(session, target);
        const digest = session.recorder.isHeard ? createContentDigest() : undefined;
        await replaceFile(target, context, { fill: (copied) => pour(file, copied, { meter, digest, context }) });
        recordChange(session, { name: 'fs.copy', target: from, destination: to, before, after: digest?.state() });
      });
      charges.commit();
    });
  };
}

interface Pouring {
  readonly meter: QuotaMeter;
  readonly digest: ContentDigest | undefined;
  readonly context: CallContext;
}

async function pour(file: OpenFile, copied: OpenFile, { meter, digest, context }: Pouring): Promise<void> {
  let written = 0;
  for await (const chunk of readChunks(file, { meter, maxBytes: Number.POSITIVE_INFINITY }, context)) {
    // The file grew since it was measured: what came later is charged as it comes.
    const grown = Math.max(0, written + chunk.byteLength - Math.max(Number(file.stats.size), written));
    if (grown > 0) meter.reserve('maxBytesWritten', grown).commit();
    await writeAll(copied, chunk, context);
    digest?.add(chunk);
    written += chunk.byteLength;
  }
}
