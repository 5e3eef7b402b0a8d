import { statSync } from 'node:fs';
import { buildChildCommand, programOf } from './child-command.js';
import type { Launcher } from './child-command.js';
import { startDirectly } from './start-directly.js';
import type { StartedProcess } from './started-process.js';

/** What V8 has compiled of the guest's program, once there is a use for it. */
export interface CompiledProgram extends AsyncDisposable {
  /** To be asked for each guest. `undefined` for the first one, until it is made, and where it cannot be. */
  get(launcher: Launcher): Uint8Array | undefined;
}

/** It takes as long as a guest to start, and is an eighth of this. */
const LONGEST_MS = 10_000;
const MOST_BYTES = 1_048_576;
const MEMORY_MB = 64;

/** Makes one that is empty. */
export function createCompiledProgram(): CompiledProgram {
  let asked = 0;
  let making: Promise<void> | undefined;
  let made: { readonly bytes: Uint8Array; readonly stamp: string } | undefined;
  let maker: StartedProcess | undefined;
  const make = async (launcher: Launcher, stamp: string): Promise<void> => {
    maker = startMaker(launcher);
    const bytes = maker === undefined ? undefined : await collect(maker);
    maker = undefined;
    if (bytes !== undefined) made = { bytes, stamp };
  };
  return {
    get(launcher) {
      asked += 1;
      // A host that starts one guest has no use for it.
      if (asked === 1) return undefined;
      const stamp = stampOf(programOf(launcher.bootstrap));
      making ??= make(launcher, stamp);
      // A program that was replaced is read as it is now.
      return made?.stamp === stamp ? made.bytes : undefined;
    },
    async [Symbol.asyncDispose]() {
      asked = 0;
      // Whoever waits for this is to be told.
      maker?.hold(true);
      void maker?.signal('SIGKILL');
      await making;
    },
  };
}

/** A process that never sees a plugin: what it has compiled is handed to guests of all of them. It has the flags of a guest, or V8 would refuse it there. */
function startMaker(launcher: Launcher): StartedProcess | undefined {
  const guest = { memoryMb: MEMORY_MB, purpose: 'rehearsal', compiled: undefined } as const;
  const started = startDirectly(buildChildCommand({ ...launcher, wall: undefined }, [], guest), '/');
  return 'error' in started ? undefined : started;
}

/** All that it says, if it says that it has ended well. Holds no process. */
async function collect(maker: StartedProcess): Promise<Uint8Array | undefined> {
  const { channel, stdout, stderr } = maker.streams;
  const parts: Uint8Array[] = [];
  let size = 0;
  maker.hold(false);
  for (const stream of [stdout, stderr]) stream.resume();
  channel.on('data', (bytes: Uint8Array) => {
    size += bytes.length;
    if (size <= MOST_BYTES) parts.push(bytes);
  });
  const ended = new Promise((resolve) => channel.once('end', resolve).once('close', resolve));
  const timer = setTimeout(() => void maker.signal('SIGKILL'), LONGEST_MS).unref();
  const { code } = await maker.exit;
  await ended;
  clearTimeout(timer);
  for (const stream of [channel, stdout, stderr]) stream.destroy();
  return code === 0 && size > 0 && size <= MOST_BYTES ? Buffer.concat(parts) : undefined;
}

function stampOf(file: string): string {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = statSync(file);
    return [dev, ino, size, mtimeMs, ctimeMs].join();
  } catch {
    // It is not there, and the guest says so.
    return '-';
  }
}
