import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** QuickJS, compiled once for all runs, and the script that each run begins with. */
export interface Engine {
  readonly wasm: WebAssembly.Module;
  readonly prelude: string;
}

/** Reads and compiles what the threads need. */
export async function loadEngine(): Promise<Engine> {
  const wasmFile = createRequire(import.meta.url).resolve('@jitl/quickjs-ng-wasmfile-release-sync/wasm');
  const [bytes, prelude] = await Promise.all([
    readFile(wasmFile),
    // Next to this file once both are bundled into dist/, and there alone.
    readFile(new URL('./guest.js', import.meta.url), 'utf8'),
  ]);
  return { wasm: await WebAssembly.compile(bytes), prelude };
}
