import { posix, win32 } from 'node:path';
import type { DenyReason, FsOperation, FsPermissionSpec } from '@kb-labs/contracts';
import { foldForAllow, foldForDeny } from '../src/fold-name.js';
import type { FoldName } from '../src/fold-name.js';
import { parseFsRule } from '../src/fs-rule.js';
import { trusted } from '../src/rule-line.js';
import { canMatchBelow, compileSegmentGlob, matchesSegments, mayMatchBelow } from '../src/segment-glob.js';
import { win32PathProblem } from '../src/win32-path.js';

/** `allowed`, or why not, and the rule that is named. */
export interface NaiveDecision {
  readonly outcome: 'allowed' | DenyReason;
  readonly rule?: string;
}

/** A question about a path. */
export interface FsQuestion {
  readonly root: string;
  readonly platform: NodeJS.Platform;
  readonly operation: FsOperation;
  readonly path: string;
}

/** Decides on a path as the rules say it, one by one, with nothing compiled beforehand. */
export function decideFsNaively(spec: FsPermissionSpec, question: FsQuestion): NaiveDecision {
  const { operation, platform } = question;
  const names = namesOf(question);
  if (typeof names === 'string') return { outcome: names };
  const mandatory = mandatoryRule(names, operation, foldForDeny(platform));
  if (mandatory !== undefined) return { outcome: 'mandatory-deny', rule: mandatory };
  const looks = operation === 'list' || operation === 'stat';
  const changes = operation === 'write' || operation === 'delete';
  const denying =
    firstCovering(spec.deny, { names, fold: foldForDeny(platform), opened: looks, holding: false }) ??
    (operation === 'delete' ? firstBelow(spec.deny, names, foldForDeny(platform)) : undefined);
  if (denying !== undefined) return { outcome: 'denied-by-rule', rule: denying };
  const fold = foldForAllow(platform);
  const allowing = firstCovering(spec.allow, { names, fold, opened: looks, holding: operation === 'list' });
  if (allowing === undefined) return { outcome: 'not-requested' };
  if (changes && spec.mode !== 'readWrite') return { outcome: 'read-only', rule: 'mode: read' };
  return { outcome: 'allowed', rule: allowing };
}

function namesOf({ root, platform, path }: FsQuestion): readonly string[] | 'invalid-path' | 'outside-root' {
  const rules = platform === 'win32' ? win32 : posix;
  const parts = path.split(platform === 'win32' ? /[\\/]/ : '/');
  const isText = path !== '' && path.length <= 4096 && !/[\p{Cc}\p{Cs}]/u.test(path);
  if (!isText || parts.some((part) => part.length > 255)) return 'invalid-path';
  if (platform === 'win32' && win32PathProblem(path) !== undefined) return 'invalid-path';
  const relative = rules.relative(root, rules.resolve(root, path));
  const names = relative === '' ? [] : relative.split(rules.sep);
  if (names.length > 128) return 'invalid-path';
  return names[0] === '..' || rules.isAbsolute(relative) ? 'outside-root' : names;
}

function mandatoryRule(names: readonly string[], operation: FsOperation, fold: FoldName): string | undefined {
  const changes = operation === 'write' || operation === 'delete';
  if (names.length === 0) return operation === 'delete' ? '.' : undefined;
  const git = foldForDeny('darwin');
  const isGit = (name: string): boolean =>
    /^(?:\.git|git~\d)$/u.test(
      git(name)
        .split(':')[0]
        ?.replace(/[. ]+$/u, '') ?? '',
    );
  for (const [index, name] of names.entries()) {
    const folded = fold(name);
    const inGit = names.slice(0, index).some(isGit);
    if (['.ssh', '.aws', '.npmrc'].includes(folded)) return `**/${folded}`;
    if (folded.startsWith('.env')) return '**/.env*';
    if (inGit && git(name) === 'hooks') return '**/.git/hooks';
    if (inGit && git(name).startsWith('config')) return '**/.git/config';
    if (changes && (inGit || isGit(name))) return '**/.git';
    const isBin = folded === '.bin' && fold(names[index - 1] ?? '') === 'node_modules';
    const holdsBin = operation === 'delete' && index === names.length - 1 && folded === 'node_modules';
    if (changes && (isBin || holdsBin)) return '**/node_modules/.bin';
  }
  return undefined;
}

interface Covering {
  readonly names: readonly string[];
  readonly fold: FoldName;
  readonly opened: boolean;
  readonly holding: boolean;
}

/** The highest entry, and where there is none, the glob whose text sorts first. */
function firstCovering(rules: readonly string[] | null | undefined, question: Covering): string | undefined {
  const parsed = (rules ?? []).map((rule) => ({ rule, ...trusted(parseFsRule(rule)) }));
  const folded = question.names.map(question.fold);
  const entries = parsed
    .filter(({ kind, segments }) => kind === 'entry' && segments.every((name, i) => question.fold(name) === folded[i]))
    .toSorted((a, b) => a.segments.length - b.segments.length);
  const globs = parsed
    .filter(({ kind, segments }) => kind === 'glob' && coversAsGlob(segments, question))
    .toSorted((a, b) => (a.rule < b.rule ? -1 : 1));
  return entries[0]?.rule ?? globs[0]?.rule;
}

function coversAsGlob(segments: readonly string[], { names, fold, opened, holding }: Covering): boolean {
  const folded = segments.map(fold);
  const folds = fold('A') !== 'A' || folded.join('/') !== segments.join('/');
  const forms = [{ glob: folded, path: names.map(fold) }, ...(folds ? [{ glob: segments, path: names }] : [])];
  return forms.some(({ glob, path }) => {
    const isOpen = glob.at(-2) === '**' && glob.at(-1) === '*';
    const pattern = compileSegmentGlob(glob);
    return (
      matchesSegments(pattern, path) ||
      (opened && isOpen && matchesSegments(compileSegmentGlob(glob.slice(0, -2)), path)) ||
      (holding && canMatchBelow(pattern, path))
    );
  });
}

function firstBelow(
  rules: readonly string[] | null | undefined,
  names: readonly string[],
  fold: FoldName,
): string | undefined {
  const parsed = (rules ?? []).map((rule) => ({ rule, ...trusted(parseFsRule(rule)) }));
  const below = parsed.filter(({ segments }) => mayMatchBelow(compileSegmentGlob(segments.map(fold)), names.map(fold)));
  const entries = below.filter(({ kind }) => kind === 'entry');
  // Which of several entries is named is the tree's affair.
  return entries.length > 0 ? SOME_ENTRY : below.map(({ rule }) => rule).toSorted()[0];
}

/** Stands for any of the entries below a folder. */
export const SOME_ENTRY = '\0some entry';
