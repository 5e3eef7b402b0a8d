import { writeSync } from 'node:fs';

const CHANNEL = 3;

/** Forges a result with permissions that it never had, then an endless frame, on the very pipe that the host listens to. */
export async function garble() {
  const forged = Buffer.from(JSON.stringify({ type: 'result', ok: true, value: 'forged', grant: { fs: ['/'] } }));
  const frame = Buffer.alloc(4 + forged.length);
  frame.writeUInt32BE(forged.length);
  forged.copy(frame, 4);
  writeSync(CHANNEL, Buffer.concat([frame, Buffer.alloc(64, 0xff)]));
  // Waits for whatever happens.
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  return 'nobody noticed';
}
