import { posix } from 'node:path';
import type { SourceFile } from './source-file.js';
import type { Workspace } from './source-tree.js';

const MAX_LINES = 300;
const FORBIDDEN_NAME = /^(utils?|helpers?|common|types?|managers?|misc)$|-(utils?|helpers?|manager)$/;

/** The one place that reads the environment, and the guest's side, where both belong to the guest. */
const MAY_BE_AMBIENT = [
  /^packages\/runtime\/src\/log-level\.ts$/,
  /^packages\/sandbox\/src\/bootstrap\//,
  /^packages\/sandbox-worker\/src\/guest\//,
];

/** Breaches of the rules that hold for each source file by itself. */
export function checkHouseRules(workspace: Workspace): string[] {
  const entries = entrySources(workspace);
  return workspace.files
    .filter((file) => file.path.startsWith('src/'))
    .flatMap((file) =>
      [
        ...checkShape(file),
        ...checkExports(file, entries),
        ...checkAmbient(workspace.folder, file),
        ...checkUsing(file),
      ].map((breach) => `${workspace.folder}/${file.path} ${breach}`),
    );
}

function checkShape({ path, lines }: SourceFile): string[] {
  const names = path
    .replace(/\.[cm]?ts$/, '')
    .split('/')
    .slice(1);
  return [
    ...(lines > MAX_LINES ? [`has ${lines} lines, more than ${MAX_LINES}`] : []),
    ...names.filter((name) => FORBIDDEN_NAME.test(name)).map((name) => `is called ${name}, which tells nothing`),
  ];
}

function checkExports(file: SourceFile, entries: ReadonlySet<string>): string[] {
  return [
    ...(file.hasStarExport ? ['exports * instead of names'] : []),
    ...(file.hasDefaultExport ? ['has a default export'] : []),
    ...(entries.has(file.path) ? [] : file.reExports.map((specifier) => `re-exports ${specifier}, but is no entry`)),
  ];
}

function checkAmbient(folder: string, file: SourceFile): string[] {
  if (!folder.startsWith('packages/')) return [];
  if (MAY_BE_AMBIENT.some((pattern) => pattern.test(`${folder}/${file.path}`))) return [];
  return file.ambient.map((access) => `uses ${access}`);
}

function checkUsing({ usingCaughtInLoops }: SourceFile): string[] {
  return usingCaughtInLoops.map(
    (line) => `has in line ${line} a using whose error a loop outlives: esbuild throws it again`,
  );
}

/** The sources behind `exports`: `./dist/wire/index.js` comes from `src/wire/index.ts`. */
function entrySources({ manifest }: Workspace): ReadonlySet<string> {
  const targets = Object.values(manifest.exports ?? {}).flatMap((target) =>
    typeof target === 'string' ? [] : (target['default'] ?? []),
  );
  return new Set(
    targets.map((target) =>
      posix
        .normalize(target)
        .replace(/^dist\//, 'src/')
        .replace(/\.js$/, '.ts'),
    ),
  );
}
