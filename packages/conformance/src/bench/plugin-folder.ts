import { cp, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A plugin of the kit, in a folder of its own below a folder that the guest has no business in. */
export interface PluginFolder extends AsyncDisposable {
  /** Holds the plugin and all that lies beside it. */
  readonly around: string;
  /** Real path of the plugin itself. */
  readonly root: string;
}

/** Copies the kit's guests into a new temporary folder. Disposing removes all of it. */
export async function createPluginFolder(): Promise<PluginFolder> {
  // macOS keeps its temporary folder behind a link.
  const around = await realpath(await mkdtemp(join(tmpdir(), 'kb-conformance-')));
  const root = join(around, 'plugin');
  // By its own name, so that it is found from the sources and from what is built alike.
  const home = dirname(createRequire(import.meta.url).resolve('@kb-labs/conformance/package.json'));
  await mkdir(root);
  await cp(join(home, 'guests'), root, { recursive: true });
  return {
    around,
    root,
    async [Symbol.asyncDispose]() {
      await rm(around, { recursive: true, force: true });
    },
  };
}
