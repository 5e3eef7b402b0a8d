import type { CanonicalPath } from '@kb-labs/contracts';
import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import type { HostFunction } from '../host-function.js';
import { readWhole } from './file-bytes.js';
import { act, admitPath } from './fs-session.js';
import type { FsSession } from './fs-session.js';
import type { OpenFile } from './open-directory.js';
import { openFile } from './open-file.js';
import { createSmallReader } from './small-reader.js';

const readFileArguments = z.tuple([
  z.unknown(),
  z.union([z.literal('utf8'), z.strictObject({ encoding: z.literal('utf8').optional() })]).optional(),
]);

/** `fs.readFile(path, 'utf8' | { encoding? })`: bytes, or text where an encoding is named. */
export function createReadFile(session: FsSession): HostFunction {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const limits = { meter: session.gate.meter, maxBytes: session.maxMessageBytes };
  const readSmall = createSmallReader(limits);
  return async (args, context) => {
    const [rawPath, options] = parseArguments('fs.readFile', readFileArguments, args);
    const path = admitPath(session.gate, rawPath, ['read']);
    return act(session, { action: 'read', operation: 'read', path }, async () => {
      const file = openAt(session, path);
      try {
        const encoding = typeof options === 'object' ? options.encoding : options;
        const small = readSmall(file, context);
        if (small !== undefined) return encoding === undefined ? small.slice() : decoder.decode(small);
        const bytes = await readWhole(file, limits, context);
        return encoding === undefined ? bytes : decoder.decode(bytes);
      } finally {
        file[Symbol.dispose]();
      }
    });
  };
}

// As `using` does it, here and above: what compilers for Node 22 make of it takes 0.3 µs of 8.
function openAt({ tree }: FsSession, path: CanonicalPath): OpenFile {
  const place = tree.locate(path);
  try {
    return openFile(place, 'read');
  } finally {
    place[Symbol.dispose]();
  }
}
