import type { BenchRow } from './bench.js';
import { escapeText } from './escape-text.js';
import { goalNames, goalOf } from './goals.js';
import { figure } from './render-table.js';

const ROW_HEIGHT = 18;
const LABEL_WIDTH = 190;
const PLOT_WIDTH = 360;
const VALUE_WIDTH = 130;
const TOP = 34;
/** The goal stands here, of the width of the plot; what needs more than the whole of it is cut off. */
const GOAL_AT = 0.6;

const STYLE = `text{font:12px system-ui,sans-serif;fill:#57606a}.ok{fill:#2da44e}.no{fill:#cf222e}.goal{stroke:#8c959f;stroke-dasharray:3 3}
@media(prefers-color-scheme:dark){text{fill:#9da7b3}}`;

/** A bar for each row that a goal was set for: how much of the goal it uses up. All that ends left of the dashed line is reached. */
export function renderChart(rows: readonly BenchRow[]): string {
  const bars = rows.flatMap((row) => (goalNames.includes(row.name) ? [{ row, used: usedOfGoal(row) }] : []));
  const width = LABEL_WIDTH + PLOT_WIDTH + VALUE_WIDTH;
  const height = TOP + bars.length * ROW_HEIGHT + 8;
  const goalX = LABEL_WIDTH + PLOT_WIDTH * GOAL_AT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    '<title>How much of each goal is used up: less is better</title>',
    `<style>${STYLE}</style>`,
    `<text x="${goalX}" y="14" text-anchor="middle">goal</text>`,
    `<line class="goal" x1="${goalX}" x2="${goalX}" y1="20" y2="${height - 6}"/>`,
    ...bars.map(({ row, used }, index) => renderBar(row, used, TOP + index * ROW_HEIGHT)),
    '</svg>',
    '',
  ].join('\n');
}

/** 1 where the goal is just reached, 0.5 where it is twice as good; `null` where nothing was measured. */
export function usedOfGoal({ name, ours, ratio }: BenchRow): number | null {
  const { kind, sense, limit } = goalOf(name);
  const value = kind === 'ratio' ? ratio : ours;
  if (value === null || value <= 0) return null;
  return sense === 'at most' ? value / limit : limit / value;
}

function renderBar({ name, ok, ours, ratio, unit }: BenchRow, used: number | null, y: number): string {
  const label = `<text x="${LABEL_WIDTH - 8}" y="${y + 11}" text-anchor="end">${escapeText(name)}</text>`;
  const length = Math.max(1, Math.min(PLOT_WIDTH, (used ?? 0) * GOAL_AT * PLOT_WIDTH));
  const bar = `<rect class="${ok ? 'ok' : 'no'}" x="${LABEL_WIDTH}" y="${y}" width="${length.toFixed(1)}" height="13" rx="2"/>`;
  const value = ratio === null ? `${figure(ours)} ${ours === null ? '' : unit}` : `${figure(ratio)} ×`;
  const text = `<text x="${LABEL_WIDTH + PLOT_WIDTH + 8}" y="${y + 11}">${escapeText(value.trim())}</text>`;
  return `${label}${bar}${text}`;
}
