import type { BenchRow } from './bench.js';
import { figure } from './render-table.js';

const PANEL = { width: 220, height: 170, left: 46, right: 10, top: 26, bottom: 24 };
const COLUMNS = 3;
/** An axis spans at least so much, so that noise is no mountain. */
const LEAST_RANGE = 10;

const STYLE = `text{font:11px system-ui,sans-serif;fill:#57606a}.axis{stroke:#8c959f}.curve{stroke:#2da44e;fill:none;stroke-width:2}
.floor{stroke:#8c959f;fill:none;stroke-dasharray:3 3}circle{fill:#2da44e}@media(prefers-color-scheme:dark){text{fill:#9da7b3}}`;

interface Point {
  readonly at: number;
  readonly ours: number;
  readonly unit: string;
}

/** A panel for each curve, both axes logarithmic: a cost that grows with what it is drawn over is as steep as the dashed line. */
export function renderCurves(rows: readonly BenchRow[]): string {
  const curves = [...Map.groupBy(rows.flatMap(pointOf), ({ curve }) => curve)];
  const lines = Math.ceil(curves.length / COLUMNS);
  const [width, height] = [COLUMNS * PANEL.width, lines * PANEL.height];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    '<title>Cost by how much there is of something, both axes logarithmic; dashed: as much more cost as there is more</title>',
    `<style>${STYLE}</style>`,
    ...curves.map(([curve, points], index) => renderPanel(curve, points, index)),
    '</svg>',
    '',
  ].join('\n');
}

function pointOf({ name, ours, unit }: BenchRow): (Point & { readonly curve: string })[] {
  const [kind, curve, at] = name.split(':');
  if (kind !== 'scale' || curve === undefined || ours === null || ours <= 0) return [];
  return [{ curve, at: Number(at), ours, unit }];
}

function renderPanel(curve: string, points: readonly Point[], index: number): string {
  const [left, top] = [(index % COLUMNS) * PANEL.width, Math.floor(index / COLUMNS) * PANEL.height];
  const across = scale(
    points.map(({ at }) => at),
    PANEL.left,
    PANEL.width - PANEL.right,
  );
  const up = scale(
    points.map(({ ours }) => ours),
    PANEL.height - PANEL.bottom,
    PANEL.top,
  );
  const [bottom, right] = [PANEL.height - PANEL.bottom, PANEL.width - PANEL.right];
  const [first, last] = [points.at(0), points.at(-1)];
  if (first === undefined || last === undefined) return '';
  const [low, high] = [Math.min(...points.map(({ ours }) => ours)), Math.max(...points.map(({ ours }) => ours))];
  const path = points.map(({ at, ours }) => `${across(at)},${up(ours)}`).join(' ');
  return [
    `<g transform="translate(${left} ${top})"><text x="${PANEL.left}" y="14">${curve}, ${first.unit}</text>`,
    `<path class="axis" fill="none" d="M${PANEL.left} ${PANEL.top}V${bottom}H${right}"/>`,
    straight(points, { across, up }),
    `<polyline class="curve" points="${path}"/>`,
    ...points.map(({ at, ours }) => `<circle cx="${across(at)}" cy="${up(ours)}" r="3"/>`),
    `<text x="${PANEL.left - 4}" y="${up(high) + 4}" text-anchor="end">${figure(high)}</text>`,
    low < high / 1.5 ? `<text x="${PANEL.left - 4}" y="${up(low) + 4}" text-anchor="end">${figure(low)}</text>` : '',
    `<text x="${PANEL.left}" y="${bottom + 15}">${figure(first.at)}</text>`,
    `<text x="${right}" y="${bottom + 15}" text-anchor="end">${figure(last.at)}</text></g>`,
  ].join('');
}

/** Straight growth from the first point until it leaves the panel, or ends with the curve. */
function straight(
  points: readonly Point[],
  { across, up }: Readonly<Record<'across' | 'up', (value: number) => number>>,
): string {
  const [first, last] = [points.at(0), points.at(-1)];
  if (first === undefined || last === undefined) return '';
  const costs = points.map(({ ours }) => ours);
  const most = Math.max(...costs, Math.min(...costs) * LEAST_RANGE);
  if (most <= first.ours) return '';
  const at = Math.min(last.at, first.at * (most / first.ours));
  return `<path class="floor" d="M${across(first.at)} ${up(first.ours)}L${across(at)} ${up((first.ours * at) / first.at)}"/>`;
}

/** Of the smallest value to `from`, of the largest to `to`. */
function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const low = Math.log(Math.min(...values));
  const high = Math.max(Math.log(Math.max(...values)), low + Math.log(LEAST_RANGE));
  return (value) => Number((from + ((Math.log(value) - low) / (high - low)) * (to - from)).toFixed(1));
}
