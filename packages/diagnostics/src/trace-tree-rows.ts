import type { Trace, TraceSpan } from './trace.js';
import { countOf, escapeText, formatMs } from './trace-text.js';

/** One line of the tree, not yet laid out. Everything in it is safe to show. */
export interface TreeRow {
  /** The branches that lead to it. */
  readonly branch: string;
  readonly label: string;
  readonly startTime: number;
  readonly ms: number | undefined;
  readonly kind: TraceSpan['kind'] | 'more';
  readonly failed: boolean;
  readonly note: string;
  /** What it failed with, for a line of its own below. */
  readonly message: string | undefined;
  /** The branches that lead past it to what comes below. */
  readonly below: string;
}

interface Branch {
  readonly span: TraceSpan | More;
  readonly above: string;
  /** `undefined` for a root. */
  readonly isLast: boolean | undefined;
}

/** Host calls that are not shown one by one. */
interface More {
  readonly kind: 'more';
  readonly calls: readonly TraceSpan[];
}

/** The lines of a trace, parents first. Of the host calls below one span, those beyond `maxCalls` share a line. */
export function treeRows({ roots }: Trace, maxCalls: number): readonly TreeRow[] {
  const rows: TreeRow[] = [];
  const waiting: Branch[] = roots.map((span): Branch => ({ span, above: '', isLast: undefined })).toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { span, above, isLast } = next;
    const branch = isLast === undefined ? '' : `${above}${isLast ? '└─ ' : '├─ '}`;
    const below = isLast === undefined ? '' : `${above}${isLast ? '   ' : '│  '}`;
    if (span.kind === 'more') {
      rows.push(moreRow(span, branch, below));
      continue;
    }
    const children = shorten(span.children, maxCalls);
    rows.push(spanRow(span, branch, `${below}${children.length > 0 ? '│  ' : '   '}`));
    const branches = children.map((child, at) => ({ span: child, above: below, isLast: at === children.length - 1 }));
    waiting.push(...branches.toReversed());
  }
  return rows;
}

function shorten(children: readonly TraceSpan[], maxCalls: number): readonly (TraceSpan | More)[] {
  if (children.length <= maxCalls + 1) return children;
  // A call that set off another execution always has a line of its own.
  const shown = children.filter(
    (child, at) => at < maxCalls || child.children.length > 0 || child.kind !== 'host-call',
  );
  const own = new Set(shown);
  const calls = children.filter((child) => !own.has(child));
  return calls.length < 2 ? children : [...shown, { kind: 'more', calls }];
}

function spanRow(span: TraceSpan, branch: string, below: string): TreeRow {
  const { kind, startTime, ms, code, attributes } = span;
  const failed = code !== undefined;
  const message = failed && attributes['message'] !== undefined ? escapeText(String(attributes['message'])) : undefined;
  const texts = { label: escapeText(labelOf(span)), note: escapeText(notesOf(span).join(', ')), message };
  return { branch, below, startTime, ms, kind, failed, ...texts };
}

function moreRow({ calls }: More, branch: string, below: string): TreeRow {
  const failed = calls.filter(({ code }) => code !== undefined).length;
  const startTime = calls.reduce((first, call) => Math.min(first, call.startTime), Number.POSITIVE_INFINITY);
  const end = calls.reduce((last, call) => Math.max(last, call.startTime + (call.ms ?? 0)), 0);
  const names = [...new Set(calls.map(({ name }) => name))];
  const shown = names.length > 3 ? [...names.slice(0, 3), '…'] : names;
  const label = escapeText(`… ${countOf(calls.length, 'more call')}: ${shown.join(', ')}`);
  const note = failed === 0 ? '' : `${failed} failed`;
  const texts = { label, note, message: undefined };
  return { branch, below, startTime, ms: end - startTime, kind: 'more', failed: failed > 0, ...texts };
}

function labelOf({ kind, name, pluginId, attributes }: TraceSpan): string {
  switch (kind) {
    case 'execution':
      return `${pluginId}${attributes['version'] === undefined ? '' : `@${attributes['version']}`} ${name}`;
    case 'stage':
      return name;
    case 'host-call':
      return attributes['target'] === undefined ? name : `${name} ${attributes['target']}`;
    default:
      return kind satisfies never;
  }
}

function notesOf(span: TraceSpan): readonly string[] {
  const { kind, code, ms, overlap, attributes } = span;
  const failure = code === undefined ? [] : [code];
  switch (kind) {
    case 'host-call':
      return [...failure, ...(overlap === 0 ? [] : [`beside ${countOf(overlap, 'other')}`])];
    case 'stage':
      return [...failure, ...waitNotes(span)];
    case 'execution':
      return [
        ...(code === undefined && ms !== undefined ? ['ok'] : failure),
        ...(attributes['coldStart'] === true ? ['cold start'] : []),
        ...(attributes['dryRun'] === true ? ['dry run'] : []),
        ...['denial', 'operation', 'artifact', 'warning'].flatMap((noun) => {
          const count = attributes[`${noun}s`];
          return typeof count === 'number' ? [countOf(count, noun)] : [];
        }),
      ];
    default:
      return kind satisfies never;
  }
}

/** How long the handler waited for its host. */
function waitNotes({ attributes }: TraceSpan): readonly string[] {
  const { hostCalls, hostMs, concurrent } = attributes;
  if (typeof hostCalls !== 'number' || typeof hostMs !== 'number') return [];
  const together = typeof concurrent === 'number' && concurrent > 1 ? [`${concurrent} at once`] : [];
  return [`${formatMs(hostMs)} in ${countOf(hostCalls, 'call')}`, ...together];
}
