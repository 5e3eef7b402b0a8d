// A guest that writes its own frames into its channel, beside those of its own side, or reads none of what it is sent.
import { writeSync } from 'node:fs';

function forge(message) {
  const json = Buffer.from(JSON.stringify([message, []]));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(4 + json.length, 0);
  head.writeUInt32BE(json.length, 4);
  writeSync(3, Buffer.concat([head, json]));
}

export async function isReadyTwice() {
  forge({ t: 'ready', version: 3 });
  await new Promise(() => {});
}

/** Asks for much, and never turns to its answers. */
export function readsNothing(_input, ctx) {
  for (let call = 0; call < 60; call += 1) void ctx.fs.readFile('large.bin').catch(() => undefined);
  ctx.progress('up');
  setTimeout(() => {
    for (;;);
  }, 1);
  return new Promise(() => {});
}
