import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkEngine, checkFloors } from '../src/floors.js';
import { checkHouseRules } from '../src/house-rules.js';
import { findImportCycles } from '../src/import-cycles.js';
import { parseSource } from '../src/source-file.js';
import { readWorkspaces } from '../src/source-tree.js';
import type { Manifest, Workspace } from '../src/source-tree.js';
import { repository } from './repository.js';

const workspaces = readWorkspaces(repository);

describe.each(workspaces.map((workspace) => [workspace.folder, workspace] as const))('%s', (_, workspace) => {
  it('imports from the floors below only', () => {
    expect(checkFloors(workspace)).toEqual([]);
  });
  it('keeps the engine apart from the defaults', () => {
    expect(checkEngine(workspace)).toEqual([]);
  });
  it('has no circular imports', () => {
    expect(findImportCycles(workspace)).toEqual([]);
  });
  it('keeps the rules for each file', () => {
    expect(checkHouseRules(workspace)).toEqual([]);
  });
});

const program = ['bootstrap.cjs', 'guest.cjs'].map((name) => join(repository, 'packages/sandbox/dist', name));

describe('the bootstrap of a guest', () => {
  it.runIf(existsSync(join(repository, 'packages/sandbox/src/bootstrap/main.ts')))('imports nothing but Node', () => {
    for (const file of program) expect(importsBeyondNode(readFileSync(file, 'utf8'))).toEqual([]);
  });
  it.each(["require('zod');", "require('./' + name);", "import('./chunk.js');"])('is caught at %s', (source) => {
    expect(importsBeyondNode(`require('node:fs');\n${source}`)).toHaveLength(1);
  });
});

describe('the reader of sources', () => {
  it('finds the workspaces', () => {
    const names = workspaces.map(({ manifest }) => manifest.name);
    expect(names).toEqual(
      expect.arrayContaining(['@kb-labs/contracts', '@kb-labs/plugin-runtime', '@kb-labs/integration']),
    );
  });
  it('reads what it finds there', () => {
    const self = workspaces.find(({ folder }) => folder === 'apps/integration');
    expect(self?.files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['src/floors.ts', 'test/floor-plan.test.ts']),
    );
  });
  it('refuses what it cannot parse', () => {
    expect(() => parseSource('src/broken.ts', 'export const = 1;')).toThrow('src/broken.ts');
  });
});

describe('the floor plan catches', () => {
  it.each([
    ['@kb-labs/permissions', "import { a } from '@kb-labs/plugin-runtime';", 'which is not below it'],
    ['@kb-labs/permissions', "import type { A } from '@kb-labs/sandbox';", 'which is not below it'],
    ['@kb-labs/permissions', "export { a } from '@kb-labs/sandbox/wire';", 'which is not below it'],
    ['@kb-labs/contracts', "type A = import('@kb-labs/permissions').A;", 'which is not below it'],
    ['@kb-labs/contracts', "await import('@kb-labs/host-api');", 'which is not below it'],
    ['@kb-labs/host-api', "import '@kb-labs/nobody-knows';", 'which is not below it'],
    ['@kb-labs/conformance', "import '@kb-labs/sandbox';", 'which is not below it'],
    ['@kb-labs/permissions', "import '@kb-labs/conformance';", 'which is not below it'],
    ['@kb-labs/plugin-runtime', "import '@kb-labs/conformance';", 'which is not below it'],
    ['@kb-labs/example-host', "import '@kb-labs/integration';", 'which is not below it'],
    ['@kb-labs/permissions', "import '@kb-labs/contracts';", 'which package.json does not name'],
    ['@kb-labs/permissions', "import '../../contracts/src/index.js';", 'leaves its package'],
  ])('in %s: %s', (name, source, breach) => {
    expect(checkFloors(fixture({ name }, { 'src/a.ts': source }))).toContainEqual(expect.stringContaining(breach));
  });

  it.each<Manifest>([
    { name: '@kb-labs/permissions', dependencies: { '@kb-labs/capabilities': 'workspace:*' } },
    { name: '@kb-labs/contracts', devDependencies: { '@kb-labs/plugin-runtime': 'workspace:*' } },
    { name: '@kb-labs/host-api', dependencies: { '@kb-labs/conformance': 'workspace:*' } },
    { name: '@kb-labs/host-api', dependencies: { zod: '^4.0.0' } },
    { name: '@kb-labs/host-api', dependencies: { zod: '4.0.0' } },
    { name: '@kb-labs/bench', dependencies: { piscina: '^5.0.0' } },
    { name: '@kb-labs/bench', dependencies: { published: 'npm:@kb-labs/published@^2.0.0' } },
  ])('the dependencies of $name', (manifest) => {
    expect(checkFloors(fixture(manifest, {}))).toHaveLength(1);
  });

  it('nothing where the bench pins a peer', () => {
    const dependencies = { piscina: '5.3.2', published: 'npm:@kb-labs/published@2.117.0', zod: 'catalog:' };
    expect(checkFloors(fixture({ name: '@kb-labs/bench', dependencies }, {}))).toEqual([]);
  });

  it('nothing where tests use a kit', () => {
    const host = { name: '@kb-labs/host-api', devDependencies: { '@kb-labs/conformance': 'workspace:*' } };
    expect(checkFloors(fixture(host, { 'test/a.test.ts': "import '@kb-labs/conformance';" }))).toEqual([]);
  });

  it('an engine that picks its own defaults', () => {
    const manifest = { name: '@kb-labs/plugin-runtime' };
    const source = "import { forkSandbox } from '@kb-labs/sandbox';";
    expect(checkEngine(fixture(manifest, { 'src/execute.ts': source }))).toHaveLength(1);
    expect(checkEngine(fixture(manifest, { 'src/defaults.ts': source }))).toEqual([]);
  });

  it('a circle of imports', () => {
    const files = {
      'src/a.ts': "import { b } from './b/index.js';",
      'src/b/index.ts': "import type { C } from '../c.js';",
      'src/c.ts': "export { a } from './a.js';",
    };
    expect(findImportCycles(fixture({ name: 'x' }, files))).toEqual([
      'packages/x: src/a.ts → src/b/index.ts → src/c.ts → src/a.ts',
    ]);
  });

  it.each([
    ['src/utils.ts', ''],
    ['src/path-helpers.ts', ''],
    ['src/common/paths.ts', ''],
    ['src/types.ts', ''],
    ['src/long.ts', '\n'.repeat(301)],
    ['src/a.ts', "export * from './b.js';"],
    ['src/a.ts', 'export default 1;'],
    ['src/a.ts', "export { b } from './b.js';"],
    ['src/a.ts', "import { b } from './b.js'; export { b };"],
    ['src/wire.ts', "export { b } from './b.js';"],
    ['src/a.ts', "console.log('here');"],
    ['src/a.ts', "console['log']('here');"],
    ['src/a.ts', 'const home = process.env;'],
    ['src/a.ts', "import { env } from 'node:process';"],
    ['src/a.ts', 'for (;;) { try { using a = b(); c(a); } catch {} }'],
    ['src/a.ts', 'while (a) try { if (b) { await using c = d; } } catch {}'],
  ])('a breach of the rules in %s: %j', (path, source) => {
    expect(checkHouseRules(fixture({ name: 'x' }, { [path]: source }))).not.toEqual([]);
  });

  it.each([
    'for (;;) { using a = b(); try { c(a); } catch {} }',
    'for (;;) try { const work = () => { using a = b(); }; work(); } catch {}',
    'try { for (;;) { using a = b(); } } catch {}',
  ])('nothing where the error of a round ends the loop, or the function of its own: %s', (source) => {
    expect(checkHouseRules(fixture({ name: 'x' }, { 'src/a.ts': source }))).toEqual([]);
  });

  it('nothing in an entry that re-exports by name, or in the guest that speaks', () => {
    const manifest = { name: '@kb-labs/sandbox', exports: { './wire': { default: './dist/wire/index.js' } } };
    const files = {
      'src/wire/index.ts': "export { b } from '../b.js';",
      'src/bootstrap/main.ts': 'console.log(process.env)',
    };
    expect(checkHouseRules(fixture(manifest, files))).toEqual([]);
  });
});

function importsBeyondNode(source: string): string[] {
  // The one import that is computed is that of the handler.
  const handler = 'holder';
  return parseSource('bootstrap.cjs', source).imports.filter(
    (specifier) => !specifier.startsWith('node:') && specifier !== handler,
  );
}

function fixture(manifest: Manifest, sources: Readonly<Record<string, string>>): Workspace {
  const files = Object.entries(sources).map(([path, text]) => parseSource(path, text));
  return { folder: `packages/${manifest.name.replace('@kb-labs/', '')}`, manifest, files };
}
