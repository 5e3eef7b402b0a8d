import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { parseSource } from './source-file.js';
import type { SourceFile } from './source-file.js';

/** The parts of a package.json that the floor plan looks at. */
export interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** One package or app: its manifest and its parsed sources, with paths relative to its folder. */
export interface Workspace {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly files: readonly SourceFile[];
}

/** Reads all packages and apps below the root of the repository. */
export function readWorkspaces(root: string): Workspace[] {
  return ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && readdirSync(join(root, group, entry.name)).includes('package.json'))
      .map((entry) => readWorkspace(root, join(group, entry.name))),
  );
}

function readWorkspace(root: string, folder: string): Workspace {
  const manifest: Manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const files = ['src', 'test'].flatMap((part) => listSources(join(root, folder, part)));
  return {
    folder: folder.replaceAll(sep, '/'),
    manifest,
    files: files.map((file) =>
      parseSource(relative(join(root, folder), file).replaceAll(sep, '/'), readFileSync(file, 'utf8')),
    ),
  };
}

function listSources(folder: string): string[] {
  const names = readdirSyncIfThere(folder);
  return names.filter((name) => /\.[cm]?ts$/.test(basename(name))).map((name) => join(folder, name));
}

function readdirSyncIfThere(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
