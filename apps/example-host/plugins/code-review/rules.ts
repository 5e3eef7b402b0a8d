import { maskCode } from './mask-code.ts';
import type { MaskedCode } from './mask-code.ts';

/** `error` must not be committed, `warning` should not be, `note` is for the reviewer to weigh. */
export type Severity = 'error' | 'warning' | 'note';

/** One thing that a reviewer would point at. Lines count from 1. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

interface Source extends MaskedCode {
  readonly file: string;
  readonly lines: readonly string[];
}

interface Rule {
  readonly name: string;
  readonly severity: Severity;
  readonly message: string;
  /** Where the rule looks; everywhere without it. */
  readonly files?: RegExp;
  /** Indexes of the lines that break the rule. */
  find(source: Source): readonly number[];
}

const TESTS = /(?:^|\/)(?:test|tests|__tests__)\/|\.(?:test|spec)\.[cm]?[jt]sx?$/u;
const LIBRARIES = /(?:^|\/)packages\/[^/]+\/src\//u;
const MAX_WIDTH = 200;

const RULES: readonly Rule[] = [
  {
    name: 'merge-conflict',
    severity: 'error',
    message: 'a conflict marker of a merge was left behind',
    // A row of equal signs alone may be a drawing; the other two markers never are.
    find: ({ lines }) => linesWith(lines, /^(?:<{7}|>{7}) \S/u),
  },
  {
    name: 'debugger',
    severity: 'error',
    message: 'a debugger statement stops whoever runs this under an inspector',
    find: ({ code }) => linesWith(code, /(?:^|[;{}\s])debugger\s*(?:;|$)/u),
  },
  {
    name: 'focused-test',
    severity: 'error',
    message: 'a focused test keeps all others from running',
    files: TESTS,
    find: ({ code }) =>
      linesWith(code, /(?:^|[^.\w$])(?:describe|it|test)\.only\b|(?:^|[^.\w$])f(?:describe|it)\s*\(/u),
  },
  {
    name: 'eval',
    severity: 'error',
    message: 'text is run as code',
    files: /^(?!.*(?:^|\/)tests?\/)/u,
    find: ({ code }) => linesWith(code, /(?:^|[^.\w$])eval\s*\(|\bnew\s+Function\s*\(/u),
  },
  {
    name: 'silent-catch',
    severity: 'warning',
    message: 'an empty catch does not say why silence is right',
    find: findSilentCatches,
  },
  {
    name: 'console-in-library',
    severity: 'warning',
    message: 'a library prints',
    files: LIBRARIES,
    find: ({ code }) => linesWith(code, /(?:^|[^.\w$])console\.(?:log|info|warn|error|debug)\s*\(/u),
  },
  {
    name: 'long-line',
    severity: 'note',
    message: `a line is longer than ${MAX_WIDTH} characters`,
    find: ({ lines }) => lines.flatMap((line, index) => (line.length > MAX_WIDTH ? [index] : [])),
  },
  {
    name: 'open-task',
    severity: 'note',
    message: 'a task was left in a comment',
    find: ({ comments }) => linesWith(comments, /\b(?:TODO|FIXME|HACK|XXX)\b/u),
  },
];

/** Applies every rule to one file. Findings come in the order of their lines. */
export function reviewSource(file: string, text: string): readonly Finding[] {
  const source: Source = { file, lines: text.split('\n'), ...maskCode(text) };
  return RULES.filter(({ files }) => files === undefined || files.test(file))
    .flatMap((rule) =>
      rule.find(source).map((index) => ({
        rule: rule.name,
        severity: rule.severity,
        file,
        line: index + 1,
        message: rule.message,
      })),
    )
    .sort((a, b) => a.line - b.line);
}

function linesWith(lines: readonly string[], pattern: RegExp): readonly number[] {
  return lines.flatMap((line, index) => (pattern.test(line) ? [index] : []));
}

/** A catch whose block has neither code nor a comment. */
function findSilentCatches({ code, comments }: Source): readonly number[] {
  const whole = code.join('\n');
  const said = comments.join('\n');
  return [...whole.matchAll(/\bcatch\s*(?:\([^)]*\)\s*)?\{\s*\}/gu)].flatMap((match) => {
    const isSaid = said.slice(match.index, match.index + match[0].length).trim() !== '';
    return isSaid ? [] : [whole.slice(0, match.index).split('\n').length - 1];
  });
}
