import { posix } from 'node:path';
import type { SourceFile } from './source-file.js';
import type { Manifest, Workspace } from './source-tree.js';

/** The floor of each package. Imports go down only, never to a neighbour. */
const FLOORS: Readonly<Record<string, number>> = {
  '@kb-labs/contracts': 0,
  // What several rooms of the first floor need, and more than words: these stand below them all.
  '@kb-labs/redaction': 0.5,
  '@kb-labs/rotating-file': 0.5,
  '@kb-labs/permissions': 1,
  '@kb-labs/capabilities': 1,
  '@kb-labs/sandbox': 1,
  '@kb-labs/artifacts': 1,
  '@kb-labs/events': 1,
  '@kb-labs/analytics': 1,
  '@kb-labs/diagnostics': 1,
  '@kb-labs/presenters': 1,
  '@kb-labs/conformance': 1,
  '@kb-labs/artifacts-s3': 2,
  '@kb-labs/sandbox-worker': 2,
  '@kb-labs/sandbox-quickjs': 2,
  '@kb-labs/host-api': 2,
  '@kb-labs/plugin-runtime': 3,
};
const APP_FLOOR = 4;

/** The kits serve tests alone. */
const CONFORMANCE = '@kb-labs/conformance';

const CATALOG = /^(?:catalog|workspace):/u;

/** It compares with peers of one version, which nothing else uses. */
const BENCH = '@kb-labs/bench';
const CATALOG_OR_EXACT = /^(?:(?:catalog|workspace):|(?:npm:@[\w/-]+@)?\d+\.\d+\.\d+$)/u;

/** All that the engine in `packages/runtime/src` may import. */
const ENGINE_IMPORTS = new Set(
  ['contracts', 'permissions', 'capabilities', 'host-api'].map((name) => `@kb-labs/${name}`),
);
const NOT_ENGINE = /^src\/(?:defaults\.ts|index\.ts|embedded\/.+)$/u;

/** Imports and dependencies that go up, sideways, or round the package boundary. */
export function checkFloors(workspace: Workspace): string[] {
  return [
    ...workspace.files.flatMap((file) => checkImports(workspace, file)),
    ...checkDependencies(workspace),
    ...checkVersions(workspace),
  ];
}

/** Imports by which the runtime's engine knows more than it may. */
export function checkEngine({ folder, manifest, files }: Workspace): string[] {
  if (manifest.name !== '@kb-labs/plugin-runtime') return [];
  return files
    .filter((file) => file.path.startsWith('src/') && !NOT_ENGINE.test(file.path))
    .flatMap((file) =>
      ourImports(file)
        .filter((specifier) => !ENGINE_IMPORTS.has(packageOf(specifier)))
        .map((specifier) => `${folder}/${file.path} is part of the engine and imports ${specifier}`),
    );
}

function checkImports({ folder, manifest }: Workspace, file: SourceFile): string[] {
  const isTest = file.path.startsWith('test/');
  const wrong = ourImports(file).filter((specifier) => !mayImport(manifest.name, specifier, isTest));
  const undeclared = ourImports(file).filter((specifier) => !isDeclared(manifest, packageOf(specifier), isTest));
  const leaving = file.imports.filter(
    (specifier) => specifier.startsWith('.') && posix.join(posix.dirname(file.path), specifier).startsWith('..'),
  );
  return [
    ...wrong.map((specifier) => `${folder}/${file.path} imports ${specifier}, which is not below it`),
    ...undeclared.map((specifier) => `${folder}/${file.path} imports ${specifier}, which package.json does not name`),
    ...leaving.map((specifier) => `${folder}/${file.path} leaves its package by ${specifier}`),
  ];
}

function checkDependencies({ folder, manifest }: Workspace): string[] {
  const shipped = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies };
  const names = [
    ...Object.keys(shipped).map((name) => ({ name, isTest: false })),
    ...Object.keys(manifest.devDependencies ?? {}).map((name) => ({ name, isTest: true })),
  ];
  return names
    .filter(({ name }) => name.startsWith('@kb-labs/'))
    .filter(({ name, isTest }) => !mayImport(manifest.name, name, isTest))
    .map(({ name }) => `${folder}/package.json depends on ${name}, which is not below it`);
}

function checkVersions({ folder, manifest }: Workspace): string[] {
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies };
  const allowed = manifest.name === BENCH ? CATALOG_OR_EXACT : CATALOG;
  return Object.entries(all)
    .filter(([, version]) => !allowed.test(version))
    .map(([name, version]) => `${folder}/package.json writes the version ${version} of ${name} itself`);
}

function mayImport(from: string, specifier: string, isTest: boolean): boolean {
  const target = packageOf(specifier);
  if (isTest && target === from) return true;
  if (target === CONFORMANCE) return isTest;
  const floor = FLOORS[target];
  return floor !== undefined && floor < (FLOORS[from] ?? APP_FLOOR);
}

function isDeclared(manifest: Manifest, name: string, isTest: boolean): boolean {
  if (isTest && name === manifest.name) return true;
  const shipped = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies };
  return name in shipped || (isTest && name in (manifest.devDependencies ?? {}));
}

function ourImports(file: SourceFile): string[] {
  return file.imports.filter((specifier) => specifier.startsWith('@kb-labs/'));
}

function packageOf(specifier: string): string {
  return specifier.split('/').slice(0, 2).join('/');
}
