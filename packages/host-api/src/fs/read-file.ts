import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import type { HostFunction } from '../host-function.js';
import { readWhole } from './file-bytes.js';
import { act, admitPath } from './fs-session.js';
import type { FsSession } from './fs-session.js';
import { openFile } from './open-file.js';

const readFileArguments = z.tuple([
  z.unknown(),
  z.union([z.literal('utf8'), z.strictObject({ encoding: z.literal('utf8').optional() })]).optional(),
]);

/** `fs.readFile(path, 'utf8' | { encoding? })`: bytes, or text where an encoding is named. */
export function createReadFile(session: FsSession): HostFunction {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return async (args, context) => {
    const [rawPath, options] = parseArguments('fs.readFile', readFileArguments, args);
    const path = admitPath(session.gate, rawPath, ['read']);
    const limits = { meter: session.gate.meter, maxBytes: session.maxMessageBytes };
    return act(session, { action: 'read', operation: 'read', path }, async () => {
      using place = session.tree.locate(path);
      using file = openFile(place, 'read');
      const bytes = await readWhole(file, limits, context);
      const encoding = typeof options === 'object' ? options.encoding : options;
      return encoding === undefined ? bytes : decoder.decode(bytes);
    });
  };
}
