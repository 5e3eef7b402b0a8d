import { styleText } from 'node:util';
import { z } from 'zod';
import { parseOptions } from './options.js';
import { spansOf } from './trace.js';
import type { Trace } from './trace.js';
import { countOf, escapeText, fitText, formatMs, padText, textWidth } from './trace-text.js';
import { treeRows } from './trace-tree-rows.js';
import type { TreeRow } from './trace-tree-rows.js';

/** How a tree is laid out. What does not fit is `ERR_CONFIG_INVALID`. */
export interface TraceTreeOptions {
  /** Columns of a line. Default 110, at least 40. */
  readonly width?: number;
  /** ANSI colours. Default false. */
  readonly colour?: boolean;
  /** Host calls below one span that have lines of their own; the others share one. Default 40. */
  readonly maxCalls?: number;
}

const OPTIONS = z.strictObject({
  width: z.int().min(40).max(1000).default(110),
  colour: z.boolean().default(false),
  maxCalls: z.int().min(1).max(100_000).default(40),
});

/** `12 m 34 s`, `<0.1 ms`. */
const TIME_WIDTH = 9;
const BAR_WIDTH = 20;
const NOTE_WIDTH = 32;
/** With fewer columns there are no bars. */
const WIDTH_FOR_BARS = 90;

/** Where the columns are. */
interface Layout {
  readonly label: number;
  readonly bar: number;
  readonly width: number;
  readonly colour: boolean;
}

/** The time that the bars stand for. */
interface Scale {
  readonly start: number;
  readonly ms: number;
}

/**
 * Draws a trace for a terminal: what ran below what, how long it took, when (the bars), and how it failed. Texts of plugins are escaped: no line
 * obeys them. Each line ends with `\n`.
 */
export function renderTraceTree(trace: Trace, options: TraceTreeOptions = {}): string {
  const { width, colour, maxCalls } = parseOptions(OPTIONS, options);
  const rows = treeRows(trace, maxCalls);
  const widest = rows.reduce((most, { branch, label }) => Math.max(most, branch.length + textWidth(label)), 0);
  const bar = width < WIDTH_FOR_BARS ? 0 : BAR_WIDTH;
  const taken = TIME_WIDTH + (bar === 0 ? 2 : bar + 4);
  const room = Math.max(width - taken - NOTE_WIDTH, Math.floor((width - taken) / 2));
  const layout: Layout = { label: Math.min(widest, room), bar, width, colour };
  const scale = {
    start: trace.startTime,
    ms: trace.ms ?? rows.reduce((last, row) => Math.max(last, endOf(row)), 0) - trace.startTime,
  };
  const lines = [headLine(trace, layout), ...rows.flatMap((row) => rowLines(row, layout, scale))];
  if (trace.dropped > 0) lines.push(paint(`… ${countOf(trace.dropped, 'span')} not kept`, 'yellow', layout));
  return lines.map((line) => `${line}\n`).join('');
}

function headLine(trace: Trace, layout: Layout): string {
  const spans = spansOf(trace);
  const of = (kind: string): number => spans.filter((span) => span.kind === kind).length;
  const failed = spans.filter(({ code, kind }) => code !== undefined && kind === 'execution').length;
  const parts = [
    `trace ${escapeText(trace.traceId)}`,
    formatMs(trace.ms),
    `${countOf(of('execution'), 'run')}${failed === 0 ? '' : ` (${failed} failed)`}`,
    countOf(of('host-call'), 'host call'),
  ];
  return paint(fitText(parts.join('  '), layout.width), 'bold', layout);
}

function rowLines(row: TreeRow, layout: Layout, scale: Scale): readonly string[] {
  const { branch, label, kind, failed, ms, note } = row;
  // Deep branches give way to the label, which says more.
  const stem = branch.length > layout.label - 12 ? `… ${branch.slice(-3)}` : branch;
  const name = padText(label, Math.max(1, layout.label - stem.length));
  const time = formatMs(ms).padStart(TIME_WIDTH);
  const bar = layout.bar === 0 ? '' : `  ${barOf(row, layout.bar, scale)}`;
  const left = layout.width - layout.label - TIME_WIDTH - (layout.bar === 0 ? 2 : layout.bar + 4) - 1;
  const said = note === '' ? '' : `  ${fitText(note, Math.max(1, left))}`;
  const parts = [
    paint(stem, 'dim', layout),
    kind === 'execution' ? paint(name, 'bold', layout) : name,
    ` ${time}`,
    paint(bar, failed ? 'red' : 'cyan', layout),
    paint(said, failed ? 'red' : 'dim', layout),
  ];
  const lines = [parts.join('')];
  if (row.message !== undefined) {
    const below = row.below.length > layout.width - 24 ? '… ' : row.below;
    lines.push(
      `${paint(below, 'dim', layout)}${paint(fitText(row.message, layout.width - below.length), 'red', layout)}`,
    );
  }
  return layout.colour ? lines : lines.map((line) => line.trimEnd());
}

/** When it was, within the whole trace. */
function barOf(row: TreeRow, columns: number, scale: Scale): string {
  const perColumn = scale.ms > 0 ? scale.ms / columns : Number.POSITIVE_INFINITY;
  const from = Math.min(columns - 1, Math.max(0, Math.floor((row.startTime - scale.start) / perColumn)));
  const to = Math.min(columns, Math.ceil((endOf(row) - scale.start) / perColumn));
  const until = row.ms === undefined ? columns : Math.max(to, from + 1);
  const short = row.ms !== undefined && row.ms < perColumn / 2;
  return `${' '.repeat(from)}${short ? '▏' : '█'.repeat(until - from)}`.padEnd(columns);
}

function endOf({ startTime, ms = 0 }: TreeRow): number {
  return startTime + ms;
}

function paint(text: string, style: 'bold' | 'dim' | 'red' | 'cyan' | 'yellow', { colour }: Layout): string {
  return colour && text !== '' ? styleText(style, text, { validateStream: false }) : text;
}
