import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readWorkspaces } from '../src/source-tree.js';
import { repository } from './repository.js';

// Whoever adds, renames or removes a public name says so in this list, and in a changeset.
const listed: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL('./public-names.json', import.meta.url), 'utf8'),
);
const entries = publicEntries();

describe('the public names', () => {
  it('are listed for each entry of each package', () => {
    expect(Object.keys(listed).toSorted()).toEqual(entries.map(({ specifier }) => specifier).toSorted());
  });

  it.each(entries)('of $specifier are those on the list', async ({ specifier, file }) => {
    expect(await exportedNames(file)).toEqual(listed[specifier]);
  });

  it('are read from the module itself', async () => {
    expect(await exportedNames(join(import.meta.dirname, 'repository.ts'))).toEqual(['repository']);
  });
});

async function exportedNames(file: string): Promise<string[]> {
  const module: object = await import(pathToFileURL(file).href);
  return Object.keys(module).toSorted();
}

function publicEntries(): { specifier: string; file: string }[] {
  return readWorkspaces(repository).flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
      if (typeof target === 'string' || target['default'] === undefined) return [];
      const specifier = `${manifest.name}${subpath.slice(1)}`;
      return [{ specifier, file: join(repository, folder, target['default']) }];
    }),
  );
}
