import { posix } from 'node:path';
import type { SourceFile } from './source-file.js';
import type { Workspace } from './source-tree.js';

/** Each circle of imports within a package, types included: files in a circle are one file in disguise. */
export function findImportCycles({ folder, files }: Workspace): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const finished = new Set<string>();
  const cycles: string[] = [];

  const visit = (file: SourceFile, trail: readonly string[]): void => {
    if (trail.includes(file.path)) {
      const circle = [...trail.slice(trail.indexOf(file.path)), file.path];
      cycles.push(`${folder}: ${circle.join(' → ')}`);
      return;
    }
    if (finished.has(file.path)) return;
    for (const path of relativeImports(file)) {
      const next = byPath.get(path);
      if (next !== undefined) visit(next, [...trail, file.path]);
    }
    finished.add(file.path);
  };

  for (const file of files) visit(file, []);
  return cycles;
}

function relativeImports(file: SourceFile): string[] {
  return file.imports
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(file.path), specifier).replace(/\.([cm]?)js$/, '.$1ts'));
}
