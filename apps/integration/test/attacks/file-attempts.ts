import type { Stats } from 'node:fs';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { dataOf } from './arena.js';
import type { Bout } from './arena.js';
import type { Place, Scene } from '../scene.js';

/** One call of a file function, as the handler `calls` takes it: its name, then its arguments. */
export type FileCall = readonly [name: string, ...args: readonly unknown[]];

/** What came of one call, as the handlers of plugin `a` tell it. */
export type FileOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly why?: string; readonly message: string };

/** May read and write `data` and all below it. */
export const FILES = {
  capabilities: ['fs.*', 'config.write'],
  permissions: {
    fs: { mode: 'readWrite', allow: ['data'], deny: ['data/private'] },
    // Hundreds of calls in one run, which is no matter of time.
    quotas: { timeoutMs: 120_000, cpuMs: 120_000 },
  },
} as const;

/** A dry run is the host's own work, the same wherever the guest is: one place shows it. The real run comes last, for it changes things. */
export function dryRunsIn(place: Place): readonly boolean[] {
  return place.name === 'in-process' ? [true, false] : [false];
}

/** All that can be done with one path. `data/hello.txt` must be there, and is what a copy or rename to the path starts from. */
export function everyVerb(path: string): readonly FileCall[] {
  return [...readingVerbs(path), ...changingVerbs(path)];
}

/** All that looks at a path. */
function readingVerbs(path: string): readonly FileCall[] {
  return [
    ['readFile', path],
    ['readFile', path, 'utf8'],
    ['readDir', path],
    ['stat', path],
    ['copy', path, 'data/copied'],
  ];
}

/** All that changes what a path names. */
export function changingVerbs(path: string): readonly FileCall[] {
  return [
    ['writeFile', path, 'x'],
    ['appendFile', path, 'x'],
    ['mkdir', path],
    ['mkdir', path, { recursive: true }],
    ['remove', path],
    ['remove', path, { recursive: true }],
    ['rename', path, 'data/moved'],
    ['rename', 'data/hello.txt', path],
    ['copy', 'data/hello.txt', path],
    ['ensureSection', path, { pointer: '/a', value: 1 }],
  ];
}

/** What came of a list of calls. */
export function outcomesOf(bout: Bout): readonly FileOutcome[] {
  return dataOf(bout) as readonly FileOutcome[];
}

/** What came of each call in a word: `ok`, or its code and why. */
export function wordsOf(bout: Bout): readonly string[] {
  return outcomesOf(bout).map(wordOf);
}

/** `ok`, or the code and why. */
export function wordOf(outcome: FileOutcome): string {
  return outcome.ok ? 'ok' : [outcome.code, outcome.why].filter(Boolean).join(' ');
}

/** Every call was refused with this word, each with one audited denial, and no answer names a path of the host's or holds the secret. */
export function expectDenied(bout: Bout, scene: Scene, word: string): void {
  const outcomes = outcomesOf(bout);
  expect(outcomes.length).toBeGreaterThan(0);
  expect(wordsOf(bout)).toEqual(outcomes.map(() => word));
  expect(bout.denied).toHaveLength(outcomes.length);
  expectNothingTold(outcomes, scene);
}

/** No answer tells where the host keeps things, unless the plugin said so first, and none holds what lies outside. */
export function expectNothingTold(answers: unknown, { root }: Scene): void {
  const told = JSON.stringify(answers);
  expect(told).not.toContain(dirname(root));
  expect(told).not.toContain('the secret');
}

/** All that lies in a folder, links as links, to compare with what lies there later. */
export function picture(folder: string): Readonly<Record<string, string>> {
  const seen: Record<string, string> = {};
  // Not `recursive: true`, by which Node goes through links.
  const look = (below: string): void => {
    for (const name of readdirSync(join(folder, below)).toSorted()) {
      const path = join(below, name);
      const stats = lstatSync(join(folder, path));
      seen[path] = describe(join(folder, path), stats);
      if (stats.isDirectory()) look(path);
    }
  };
  look('');
  return seen;
}

function describe(path: string, stats: Stats): string {
  const mode = (stats.mode & 0o7777).toString(8);
  if (stats.isSymbolicLink()) return `link to ${readlinkSync(path)}`;
  if (stats.isDirectory()) return `${mode} folder`;
  return stats.isFile() && stats.size < 65_536 ? `${mode} ${readFileSync(path, 'utf8')}` : `${mode} ${stats.size}`;
}
