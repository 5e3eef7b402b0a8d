import { access, constants, readFile } from 'node:fs/promises';

const PLACES = ['/usr/bin/prlimit', '/bin/prlimit'];

/**
 * `prlimit` of util-linux, where this process would leave a core behind: so would its guests, with all that they were granted in it. `undefined`
 * where the limit is 0 already, which no guest can raise, and where there is no such program.
 */
export async function findCoreLimiter(): Promise<string | undefined> {
  if (process.platform !== 'linux' || (await leavesNoCore())) return undefined;
  for (const place of PLACES) {
    try {
      await access(place, constants.X_OK);
      return place;
    } catch {
      // Not there; the next one may be.
    }
  }
  return undefined;
}

async function leavesNoCore(): Promise<boolean> {
  const limits = await readFile('/proc/self/limits', 'latin1').catch(() => '');
  return /^Max core file size\s+0\s/m.test(limits);
}

interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** The same command with no core left by whatever it starts. */
export function withoutCores<Given extends Command>(command: Given, limiter: string | undefined): Given {
  if (limiter === undefined) return command;
  return { ...command, file: limiter, args: ['--core=0:0', '--', command.file, ...command.args] };
}
