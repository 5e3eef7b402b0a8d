import { accessSync, closeSync, constants, fstatSync, openSync, readlinkSync, readSync, realpathSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';

/** An executable that is held open. */
export interface OpenCommand extends Disposable {
  readonly fd: number;
  /** Whether another program reads it: it begins like no binary, so the kernel, or a shell in its place, would look for one. */
  readonly script: boolean;
  /** Whether it runs with the rights of somebody else. */
  readonly setsId: boolean;
}

const SAFE_FLAGS =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);
const SET_ID_BITS = 0o6000;
/** ELF, and the kinds of Mach-O. */
const BINARIES: ReadonlySet<string> = new Set(['7f454c46', 'cffaedfe', 'cefaedfe', 'feedfacf', 'feedface', 'cafebabe']);

/** The real path of a command, `undefined` where there is none. What is not absolute, or not in its shortest form, has none. */
export function findCommand(written: string): string | undefined {
  // A detour through other folders would tell whether those exist.
  if (!isAbsolute(written) || resolve(written) !== written) return undefined;
  try {
    return realpathSync(written);
  } catch {
    // Not there, not to be reached, or no path at all: the policy's answer is the same for all of them.
    return undefined;
  }
}

/** Opens a real path and looks at what is there. Throws the system's error, also where it is no regular file or not executable. */
export function openCommand(real: string): OpenCommand {
  const fd = openSync(real, SAFE_FLAGS);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw Object.assign(new Error('no regular file'), { code: 'EACCES' });
    accessSync(real, constants.X_OK);
    // A folder on the way may have become a link since.
    if (process.platform === 'linux' && readlinkSync(`/proc/self/fd/${fd}`) !== real) {
      throw Object.assign(new Error('moved'), { code: 'ENOENT' });
    }
    const head = Buffer.alloc(4);
    readSync(fd, head, 0, head.length, 0);
    return {
      fd,
      script: !BINARIES.has(head.toString('hex')),
      setsId: (stats.mode & SET_ID_BITS) !== 0,
      [Symbol.dispose]: () => closeSync(fd),
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
