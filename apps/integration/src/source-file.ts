import { parseSync, Visitor } from 'oxc-parser';
import type { EcmaScriptModule } from 'oxc-parser';
import { findUsingCaughtInLoops } from './caught-in-loops.js';

/** What the floor plan knows of one source file. */
export interface SourceFile {
  readonly path: string;
  readonly lines: number;
  /** Every module that the file names: static, dynamic, required, re-exported, or as a type only. */
  readonly imports: readonly string[];
  /** The module behind each re-export, also of names that were imported first. */
  readonly reExports: readonly string[];
  readonly hasStarExport: boolean;
  readonly hasDefaultExport: boolean;
  /** The ambient things that only some files may touch, as written: `console.log`, `process.env`. */
  readonly ambient: readonly string[];
  /** Lines with a `using` whose error a loop outlives. */
  readonly usingCaughtInLoops: readonly number[];
}

/** Reads one source. Throws on a syntax error, so that nothing is passed over in silence. */
export function parseSource(path: string, text: string): SourceFile {
  const { program, module, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);

  const imports = new Set(namedModules(module, text));
  const ambient: string[] = [];
  new Visitor({
    TSImportType: (node) => void imports.add(node.source.value),
    CallExpression({ callee, arguments: [asked] }) {
      if (callee.type !== 'Identifier' || callee.name !== 'require' || asked === undefined) return;
      imports.add(nameIn(text.slice(asked.start, asked.end)));
    },
    MemberExpression(node) {
      if (node.object.type !== 'Identifier') return;
      const property = text.slice(node.property.start, node.property.end).replaceAll(/["'`]/g, '');
      const access = `${node.object.name}.${property}`;
      if (node.object.name === 'console' || access === 'process.env') ambient.push(access);
    },
  }).visit(program);
  const exported = module.staticExports.flatMap((statement) => statement.entries);
  if (importsProcessEnv(module)) ambient.push('process.env');

  return {
    path,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports: [...imports],
    reExports: exported.flatMap((entry) => entry.moduleRequest?.value ?? []),
    hasStarExport: exported.some((entry) => entry.importName.kind === 'AllButDefault'),
    hasDefaultExport: exported.some((entry) => entry.exportName.kind === 'Default'),
    ambient,
    usingCaughtInLoops: findUsingCaughtInLoops(program).map((start) => text.slice(0, start).split('\n').length),
  };
}

function namedModules(module: EcmaScriptModule, text: string): string[] {
  return [
    ...module.staticImports.map((statement) => statement.moduleRequest.value),
    ...module.staticExports.flatMap((statement) =>
      statement.entries.flatMap((entry) => entry.moduleRequest?.value ?? []),
    ),
    // A computed module name stays as written and so matches no rule that allows it by name.
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => nameIn(text.slice(start, end))),
  ];
}

function nameIn(written: string): string {
  return written.replaceAll(/^['"`]|['"`]$/g, '');
}

function importsProcessEnv(module: EcmaScriptModule): boolean {
  return module.staticImports.some(
    ({ moduleRequest, entries }) =>
      /^(node:)?process$/.test(moduleRequest.value) && entries.some(({ importName }) => importName.name === 'env'),
  );
}
