import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { findDuplicates, readNpmLock, readPnpmLock } from '../../plugins/dependency-report/lockfile.js';
import { renderMarkdown } from '../../plugins/dependency-report/markdown.js';
import { input } from '../../plugins/dependency-report/schemas.js';
import { appFolder } from '../demo-process.js';

const PNPM_LOCK = `lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      left:
        specifier: ^1.0.0
        version: 1.0.0

packages:

  '@scope/name@1.0.0':
    resolution: {integrity: sha512-a}
    engines: {node: '>=18'}

  left@1.0.0:
    resolution: {integrity: sha512-b}
    peerDependencies:
      right: ^1.0.0

  left@10.0.0-beta.1:
    resolution: {integrity: sha512-c}

  tarball@https://codeload.example.com/a/b/tar.gz/abc:
    resolution: {tarball: https://codeload.example.com/a/b/tar.gz/abc}
    version: 3.0.0

snapshots:

  left@1.0.0(right@1.0.0): {}
`;

function named(packages: readonly { readonly name: string; readonly version: string }[]): readonly string[] {
  return packages.map(({ name, version }) => `${name} ${version}`);
}

describe('a pnpm lockfile', () => {
  it('is read by its packages, and by nothing else', () => {
    expect(named(readPnpmLock(PNPM_LOCK))).toEqual([
      '@scope/name 1.0.0',
      'left 1.0.0',
      'left 10.0.0-beta.1',
      'tarball https://codeload.example.com/a/b/tar.gz/abc',
    ]);
    expect(readPnpmLock(PNPM_LOCK.replaceAll('\n', '\r\n'))).toEqual(readPnpmLock(PNPM_LOCK));
  });

  it('of this repository gives what a reader of YAML gives', () => {
    const text = readFileSync(join(appFolder, '../../pnpm-lock.yaml'), 'utf8');
    const { packages } = z.object({ packages: z.record(z.string(), z.unknown()) }).parse(parse(text));
    expect(readPnpmLock(text).map(({ name, version }) => `${name}@${version}`)).toEqual(Object.keys(packages));
  });

  it.each(["lockfileVersion: '6.0'\n", 'packages:\n'])('of another version is refused: %j', (text) => {
    expect(() => readPnpmLock(text)).toThrow('9.x can be read');
  });

  it('without packages has none', () => {
    expect(readPnpmLock("lockfileVersion: '9.0'\n")).toEqual([]);
  });
});

describe('an npm lockfile', () => {
  it('gives each version once, by its real name and with its licence', () => {
    const packages = {
      '': { name: 'root', version: '1.0.0' },
      'packages/a': { name: 'a', version: '1.0.0' },
      'node_modules/a': { resolved: 'packages/a', link: true },
      'node_modules/@scope/b': { version: '1.0.0', license: 'ISC' },
      'node_modules/c/node_modules/@scope/b': { version: '1.0.0', license: 'ISC' },
      'node_modules/alias': { name: 'real', version: '2.0.0' },
    };
    expect(readNpmLock(JSON.stringify({ lockfileVersion: 3, packages }))).toEqual([
      { name: '@scope/b', version: '1.0.0', license: 'ISC' },
      { name: 'real', version: '2.0.0', license: undefined },
    ]);
  });

  it('of version 1 is refused', () => {
    expect(() => readNpmLock('{ "lockfileVersion": 1, "dependencies": {} }')).toThrow('has the version 1; 2 and 3');
  });
});

it('duplicates are packages of several versions, the lowest first', () => {
  expect(findDuplicates(readPnpmLock(PNPM_LOCK))).toEqual([{ name: 'left', versions: ['1.0.0', '10.0.0-beta.1'] }]);
});

it('names cannot break out of the table', () => {
  const markdown = renderMarkdown({
    title: 'T',
    manifests: [{ path: 'package.json', name: 'a | b\n# <script>', license: undefined, dependencies: 0 }],
    unreadable: [],
    lock: { file: undefined, packages: [], problem: undefined },
    duplicates: [],
    licences: {},
  });
  expect(markdown).toContain(String.raw`| package.json | a \| b # \<script\> | unknown | 0 |`);
});

describe('the input', () => {
  it.each([
    [{}, { value: { title: 'Dependencies' } }],
    [{ title: 'Mine' }, { value: { title: 'Mine' } }],
    [{ titel: 'Mine' }, { issues: [{ message: 'is not known; there is only "title"', path: ['titel'] }] }],
    [{ title: 1 }, { issues: [{ message: 'write a text of at most 120 characters', path: ['title'] }] }],
    [null, { issues: [{ message: 'write an object such as { "title": "My workspace" }' }] }],
  ])('%j gives %j', (value, result) => {
    expect(input['~standard'].validate(value)).toEqual(result);
  });
});
