import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import { act, admitPath } from '../fs/fs-session.js';
import type { FsSession } from '../fs/fs-session.js';
import type { OneAtATime } from '../fs/one-at-a-time.js';
import { describeBytes, recordChange } from '../fs/record-change.js';
import { throwIfStopped } from '../host-function.js';
import type { HostFunction, HostFunctions } from '../host-function.js';
import { applySection } from './apply-section.js';
import { rewriteFile } from './rewrite-file.js';
import { parseSection, sectionSchema } from './section.js';

/** A document of so many bytes can hold the host's event loop up for 0.2 s; one of 4 MiB for 0.8 s. */
const MAX_FILE_BYTES = 1_048_576;

const ensureArguments = z.tuple([z.unknown(), sectionSchema, z.strictObject({}).optional()]);

/** The functions of `ctx.config`. They wait for what else of the run changes files, and it for them. */
export function createConfigFunctions(session: FsSession, inTurn: OneAtATime): HostFunctions {
  return { 'config.ensureSection': inTurn(createEnsureSection(session)) };
}

/** `config.ensureSection(path, { pointer, value, strategy? })`: needs `read` and `write` of the path. The file has 1 MiB at most. */
function createEnsureSection(session: FsSession): HostFunction {
  return async (args, context): Promise<{ readonly changed: boolean }> => {
    const name = 'config.ensureSection';
    const [rawPath, rawSection] = parseArguments(name, ensureArguments, args);
    const section = parseSection(rawSection);
    const path = admitPath(session.gate, rawPath, ['read', 'write']);
    return act(session, { action: 'change', operation: 'write', path }, async () => {
      throwIfStopped(context);
      using place = session.tree.locate(path);
      const rewritten = await rewriteFile(place, {
        meter: session.gate.meter,
        context,
        maxBytes: MAX_FILE_BYTES,
        edit: (text) => applySection(text, section),
      });
      if (rewritten === undefined) return { changed: false };
      const before = rewritten.before === undefined ? undefined : describeBytes(session, rewritten.before);
      recordChange(session, { name, target: path, before, after: describeBytes(session, rewritten.after) });
      return { changed: true };
    });
  };
}
