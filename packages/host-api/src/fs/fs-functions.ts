import { createConfigFunctions } from '../config/config-functions.js';
import type { HostFunctions } from '../host-function.js';
import { createCopy } from './copy.js';
import type { FsSession } from './fs-session.js';
import { createGlob } from './glob.js';
import { createMkdir } from './make-directory.js';
import { createReadDir, createStat } from './read-directory.js';
import { createQueue } from './one-at-a-time.js';
import { createReadFile } from './read-file.js';
import { createRemove } from './remove.js';
import { createRename } from './rename.js';
import { createAppendFile, createWriteFile } from './write-file.js';

/**
 * The file functions of one run, by name, and those that change files in their own way. None follows a link, and all decide on the object that they then use. Those that change
 * something wait for each other.
 */
export function createFsFunctions(session: FsSession): HostFunctions {
  const inTurn = createQueue();
  return {
    'fs.readFile': createReadFile(session),
    'fs.readDir': createReadDir(session),
    'fs.stat': createStat(session),
    'fs.glob': createGlob(session),
    'fs.writeFile': inTurn(createWriteFile(session)),
    'fs.appendFile': inTurn(createAppendFile(session)),
    'fs.mkdir': inTurn(createMkdir(session)),
    'fs.remove': inTurn(createRemove(session)),
    'fs.rename': inTurn(createRename(session)),
    'fs.copy': inTurn(createCopy(session)),
    ...createConfigFunctions(session, inTurn),
  };
}
