import type { HostFunctions } from '../host-function.js';
import { createCopy } from './copy.js';
import type { FsSession } from './fs-session.js';
import { createGlob } from './glob.js';
import { createMkdir } from './make-directory.js';
import { createReadDir, createStat } from './read-directory.js';
import { createReadFile } from './read-file.js';
import { createRemove } from './remove.js';
import { createRename } from './rename.js';
import { createAppendFile, createWriteFile } from './write-file.js';

/** The file functions of one run, by name. None follows a link, and all decide on the object that they then use. */
export function createFsFunctions(session: FsSession): HostFunctions {
  return {
    'fs.readFile': createReadFile(session),
    'fs.readDir': createReadDir(session),
    'fs.stat': createStat(session),
    'fs.glob': createGlob(session),
    'fs.writeFile': createWriteFile(session),
    'fs.appendFile': createAppendFile(session),
    'fs.mkdir': createMkdir(session),
    'fs.remove': createRemove(session),
    'fs.rename': createRename(session),
    'fs.copy': createCopy(session),
  };
}
