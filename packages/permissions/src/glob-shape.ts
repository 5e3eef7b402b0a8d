import { literalText } from './name-pattern.js';
import type { PathNames } from './path-names.js';
import { GLOBSTAR, matchesSegments } from './segment-glob.js';
import type { SegmentGlob } from './segment-glob.js';

/**
 * What is left of a glob behind the names that it begins with. Most rules are of the first three shapes, which look at the last name
 * alone: all that is there (`src/**`), a name (`src/**` + `/a.ts`), an ending (`src/**` + `/*.ts`).
 */
export type GlobShape =
  | { readonly kind: 'all' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'ending'; readonly ending: string }
  | { readonly kind: 'other' };

/** What the last name of each match is known to be: this name, or one with this ending from its last dot on; or nothing is known. */
export type LastName = { readonly kind: 'name' | 'extension'; readonly text: string } | { readonly kind: 'any' };

/** How many names a glob begins with. */
export function literalLength(glob: SegmentGlob): number {
  const first = glob.findIndex((part) => part === GLOBSTAR || literalText(part) === undefined);
  return first === -1 ? glob.length : first;
}

/** The shape of a glob behind its first names. */
export function shapeOf(glob: SegmentGlob, literals: number): GlobShape {
  const [first, last, ...more] = glob.slice(literals);
  if (first !== GLOBSTAR || last === undefined || last === GLOBSTAR || more.length > 0) return { kind: 'other' };
  const name = literalText(last);
  if (name !== undefined) return { kind: 'name', name };
  const [before, behind, ...others] = last.parts;
  const ending = behind?.chunks.length === 1 ? behind.chunks[0] : undefined;
  if (before?.length !== 0 || ending === undefined || others.length > 0) return { kind: 'other' };
  return ending === '' ? { kind: 'all' } : { kind: 'ending', ending };
}

/** What a glob tells of the last name of its matches. */
export function lastNameOf(glob: SegmentGlob): LastName {
  const last = glob.at(-1);
  if (last === undefined || last === GLOBSTAR) return { kind: 'any' };
  const name = literalText(last);
  if (name !== undefined) return { kind: 'name', text: name };
  const text = extensionOf(last.parts.at(-1)?.chunks.at(-1) ?? '');
  return text === undefined ? { kind: 'any' } : { kind: 'extension', text };
}

/** What stands behind the last dot of a name, with it. */
export function extensionOf(name: string): string | undefined {
  const dot = name.lastIndexOf('.');
  return dot === -1 ? undefined : name.slice(dot);
}

/** A glob taken apart: its first names are `literals` many. */
export interface ShapedGlob {
  readonly pattern: SegmentGlob;
  readonly literals: number;
  readonly shape: GlobShape;
}

/** Whether a path matches whose first names are those of the glob. */
export function matchesBehind({ pattern, literals, shape }: ShapedGlob, names: PathNames): boolean {
  switch (shape.kind) {
    case 'all':
      return names.at(literals) !== undefined;
    case 'name':
      return names.at(literals) !== undefined && names.last === shape.name;
    case 'ending':
      return names.at(literals) !== undefined && names.last?.endsWith(shape.ending) === true;
    case 'other':
      return matchesSegments(pattern, names.all, names.steps);
  }
}
