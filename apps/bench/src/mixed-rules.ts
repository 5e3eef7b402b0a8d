import type { FsPermissionSpec } from '@kb-labs/contracts';

/** File rules of all kinds, one in five a denial, and paths that meet them. */
export interface MixedRules {
  readonly spec: FsPermissionSpec & { readonly allow: readonly string[]; readonly deny: readonly string[] };
  /** Below the root: each is allowed by another rule, of every kind, from the first of the list to the last. */
  readonly allowed: readonly string[];
  readonly denied: readonly string[];
}

/** Names no rule begins with, as deep as the others. */
export const unknownPaths: readonly string[] = Array.from({ length: 16 }, (_, index) =>
  ['other', `place-${index}`, 'lib', 'deep', `file-${index}.ts`].join('/'),
);

/** So many rules: half of them entries, a third globs below a folder, and a few that may match anywhere. */
export function mixedRules(count: number): MixedRules {
  const lines = Array.from({ length: count }, (_, index) => lineOf(index));
  const of = (deny: boolean): readonly Line[] => lines.filter((line) => line.deny === deny);
  return {
    spec: {
      mode: 'read',
      allow: of(false).map(({ rule }) => rule),
      deny: of(true).map(({ rule }) => rule),
    },
    allowed: spread(of(false)),
    denied: spread(of(true)),
  };
}

interface Line {
  readonly rule: string;
  readonly path: string;
  readonly deny: boolean;
}

function lineOf(index: number): Line {
  switch (index % 10) {
    case 3:
      return { rule: `src/mod-${index}/**/*.ts`, path: `src/mod-${index}/lib/deep/file.ts`, deny: false };
    case 7:
      return index % 20 === 7
        ? { rule: `docs/part-${index}/*.md`, path: `docs/part-${index}/page.md`, deny: false }
        : { rule: `docs/part-${index}`, path: `docs/part-${index}/a/page.md`, deny: false };
    case 8:
      return index % 20 === 8
        ? { rule: `assets/set-${index}/**`, path: `assets/set-${index}/images/logo.svg`, deny: false }
        : { rule: `assets/set-${index}`, path: `assets/set-${index}/images/logo.svg`, deny: false };
    case 4:
      return index % 20 === 4
        ? { rule: `**/*.secret-${index}`, path: `packages/pkg-0/data/a.secret-${index}`, deny: true }
        : { rule: `private/part-${index}`, path: `private/part-${index}/x/y.json`, deny: true };
    case 9:
      return { rule: `private/part-${index}`, path: `private/part-${index}/x/y.json`, deny: true };
    default:
      return { rule: `packages/pkg-${index}/data`, path: `packages/pkg-${index}/data/report/2026/a.json`, deny: false };
  }
}

/** The paths of at most 32 lines, evenly from all of them. */
function spread(lines: readonly Line[]): readonly string[] {
  const step = Math.max(1, Math.floor(lines.length / 32));
  return lines.filter((_, index) => index % step === 0).map(({ path }) => path);
}
