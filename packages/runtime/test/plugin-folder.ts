import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PluginManifest } from '../src/index.js';

/** A real folder with these files, gone when disposed. */
export interface PluginFolder extends AsyncDisposable {
  readonly root: string;
}

export async function pluginFolder(files: Readonly<Record<string, string>>): Promise<PluginFolder> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'kb-plugin-')));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

/** A manifest with one handler, `run`, at `./run.mjs#run`, and what a test adds. */
export function manifestWith(rest: Partial<PluginManifest> = {}): PluginManifest {
  return {
    schema: 'kb.plugin/1',
    id: 'test-plugin',
    version: '1.0.0',
    engines: { runtime: '>=0.1.0' },
    handlers: { run: { handler: './run.mjs#run' } },
    ...rest,
  };
}

/** What makes a context run trusted test handlers in this process. */
export const inProcess = { sandbox: 'in-process', requiredConfinement: 'none' } as const;
