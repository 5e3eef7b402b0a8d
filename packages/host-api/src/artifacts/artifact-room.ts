import { createRunOverError } from '../host-function.js';
import type { Room } from '../host-function.js';
import { createIdTable } from '../id-table.js';
import type { ArtifactRoomOptions, ArtifactSession } from './artifact-session.js';
import { createChangeFunctions } from './change-functions.js';
import { createLookupFunctions } from './lookup-functions.js';
import { createReadFunctions } from './read-functions.js';
import { createWriteFunctions } from './write-functions.js';

const MAX_OPEN = 16;

/**
 * The artifact functions of one run. The broker decides; the gate audits it, as `audits` says. Disposing ends what is open, and resolves when nothing
 * is left of what was not committed.
 */
export function openArtifactRoom(options: ArtifactRoomOptions): Room {
  const limit = MAX_OPEN;
  const session: ArtifactSession = {
    ...options,
    reads: createIdTable({ quota: 'openArtifactReads', limit, hint: 'read one to its end, or close it' }),
    writes: createIdTable({ quota: 'openArtifactWrites', limit, hint: 'close one, committed or not' }),
  };
  return {
    functions: {
      ...createReadFunctions(session),
      ...createLookupFunctions(session),
      ...createWriteFunctions(session),
      ...createChangeFunctions(session),
    },
    async [Symbol.asyncDispose]() {
      for (const read of session.reads.held) read.close(createRunOverError());
      await Promise.all(session.writes.held.map((write) => write.discard(createRunOverError())));
    },
  };
}
