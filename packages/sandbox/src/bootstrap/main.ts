import { readFileSync, readSync, writeSync } from 'node:fs';
import { constants, Script } from 'node:vm';
import type { startGuest as StartGuest } from './start-guest.js';

// The program of a guest stands in a file of its own, so that V8 can take what it has compiled before instead of reading it. The host says as the third
// argument how many bytes of that come first on the channel.
const CHANNEL_FD = 3;
const REHEARSAL = 'rehearsal';

main();

function main(): void {
  const [, , purpose, size] = process.argv;
  process.argv.length = 2;
  const filename = `${__dirname}/guest.cjs`;
  const script = new Script(`(function (require, module) {${readFileSync(filename, 'utf8')}\n})`, {
    filename,
    ...(size !== undefined && { cachedData: readAll(Number(size)) }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const program = { exports: {} };
  script.runInThisContext()(require, program);
  // It is the guest's own program, as it was built.
  const { startGuest } = program.exports as { readonly startGuest: typeof StartGuest };
  const ended = startGuest(purpose);
  // Of functions that were never called nothing is kept, so it is taken once a run has been rehearsed.
  if (purpose === REHEARSAL) void ended?.then(() => writeAll(script.createCachedData()));
}

function readAll(size: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let read = 0; read < size;) {
    const count = readSync(CHANNEL_FD, bytes, read, size - read, null);
    // The host is gone.
    if (count === 0) process.exit(1);
    read += count;
  }
  return bytes;
}

function writeAll(bytes: Uint8Array): void {
  for (let sent = 0; sent < bytes.length;) sent += writeSync(CHANNEL_FD, bytes, sent, bytes.length - sent);
}
