import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder with these files, which is removed when the test is over. */
export async function makeFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'example-host-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

/** A small project: one finding in its source, one broken link, one package in two versions. */
export const PROJECT: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ name: 'project', license: 'MIT', dependencies: { left: '^1.0.0' } }),
  'package-lock.json': JSON.stringify({
    lockfileVersion: 3,
    packages: {
      '': { name: 'project', license: 'MIT' },
      'node_modules/left': { version: '1.0.0', license: 'ISC' },
      'node_modules/right': { version: '2.0.0', license: 'MIT' },
      'node_modules/right/node_modules/left': { version: '2.1.0', license: 'ISC' },
    },
  }),
  'src/index.ts': 'export const answer = 42;\ndebugger;\n',
  'README.md': '# Project\n\nSee [the source](src/index.ts) and [nothing](docs/nothing.md).\n',
  'node_modules/left/package.json': '{ "name": "left", "version": "1.0.0" }',
};
