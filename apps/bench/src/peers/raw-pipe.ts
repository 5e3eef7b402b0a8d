import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { childScript } from '../places.js';

/** A child that copies what it is sent, byte for byte. */
export interface RawPipe extends AsyncDisposable {
  /** Sends the bytes and waits until as many are back. */
  copy(bytes: Uint8Array): Promise<Uint8Array>;
}

export async function openRawPipe(): Promise<RawPipe> {
  const child = spawn(process.execPath, [childScript('copy.mjs')], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
  const pipe = child.stdio[3];
  if (!(pipe instanceof Socket)) throw new Error('the child has no channel');
  return {
    copy: (bytes) =>
      new Promise((resolve) => {
        const back = new Uint8Array(bytes.byteLength);
        let had = 0;
        const take = (chunk: Uint8Array): void => {
          back.set(chunk, had);
          had += chunk.byteLength;
          if (had < back.byteLength) return;
          pipe.off('data', take);
          resolve(back);
        };
        pipe.on('data', take);
        pipe.write(bytes);
      }),
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      pipe.destroy();
      await exited;
    },
  };
}
