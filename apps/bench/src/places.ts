import { fileURLToPath } from 'node:url';

// Both folders stand beside `dist/`, where this is once it is bundled.
/** The plugin whose handlers the benches run. */
export const PLUGIN: string = fileURLToPath(new URL('../plugin', import.meta.url));

/** A script that runs in a process of its own, by its file's name in `children/`. */
export function childScript(name: string): string {
  return fileURLToPath(new URL(`../children/${name}`, import.meta.url));
}
