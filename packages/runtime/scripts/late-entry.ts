/** The words of all others, which bring nothing along. */
const VOCABULARY = '@kb-labs/contracts';

/** A value of the facade, and the module that `src/index.ts` takes it from. */
interface Name {
  readonly name: string;
  readonly value: unknown;
  readonly from: string;
}

/**
 * The entry of the facade, as a source to be bundled in `src`: the names that the text of `src/index.ts` re-exports, whose values are those
 * of the module `eager`. A function or class loads what it is from when it is first used; a function keeps its length, and whether it is asynchronous.
 * Data comes at once, so it must lie in a small file of its own.
 */
export function lateEntry(source: string, eager: object): string {
  const names = namesOf(source, eager);
  const late = names.filter((name) => isLate(name));
  const rooms = [...new Set(late.map(({ from }) => from))];
  return [
    "import { createRequire } from 'node:module';",
    "import { late, lateClass } from './late.js';",
    ...names.filter((name) => !isLate(name)).map(({ name, from }) => `export { ${name} } from '${from}';`),
    'const require = createRequire(import.meta.url);',
    // The specifiers stay literals: tools that look for what a deployment needs read them.
    ...rooms.map((from) => `const ${loaderOf(from)} = late(() => require('${from}'));`),
    ...late.map((name) => (isClass(name.value) ? standIn(name) : wrapper(name))),
  ].join('\n');
}

function namesOf(source: string, eager: object): Name[] {
  const names = [...source.matchAll(/^export \{([^}]+)\} from '([^']+)';$/gmu)].flatMap(([, list = '', from = '']) =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map((name) => ({ name, value: Reflect.get(eager, name) as unknown, from })),
  );
  const read = names.map(({ name }) => name).toSorted();
  if (String(read) === String(Object.keys(eager).toSorted())) return names;
  throw new Error('src/index.ts exports in a way that is not read here: write export { a, b } from "c"');
}

function isLate({ name, value, from }: Name): boolean {
  if (from === VOCABULARY) return false;
  if (typeof value === 'function') return true;
  if (from.startsWith('./')) return false;
  throw new Error(`${name} of ${from} is data, and would bring the whole package along: move it to ${VOCABULARY}`);
}

function isClass(value: unknown): boolean {
  return typeof value === 'function' && Function.prototype.toString.call(value).startsWith('class');
}

function standIn({ name, from }: Name): string {
  return `export const ${name} = lateClass(() => ${loaderOf(from)}().${name});`;
}

function wrapper({ name, value, from }: Name): string {
  const { length, constructor } = Object(value) as (...args: never[]) => unknown;
  const keyword = constructor.name === 'AsyncFunction' ? 'async function' : 'function';
  const parameters = Array.from({ length }, (_, index) => `_${index}`).join(', ');
  return `export ${keyword} ${name}(${parameters}) {
  return ${loaderOf(from)}().${name}(...arguments);
}`;
}

/** `@kb-labs/host-api` → `fromHostApi`, `./embedded/replay.js` → `fromEmbeddedReplay`. */
function loaderOf(from: string): string {
  const words = from.replaceAll(/^@kb-labs\/|^\.\/|\.js$/gu, '');
  return `from${words.replaceAll(/(?:^|[-/])(\w)/gu, (_, letter: string) => letter.toUpperCase())}`;
}
