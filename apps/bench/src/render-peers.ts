import type { BenchRow } from './bench.js';
import { goalOf } from './goals.js';
import { escapeText } from './escape-text.js';
import { figure } from './render-table.js';

/** The rows that stand for the others where there is little room, and what a reader calls them. */
const HEADLINES: Readonly<Record<string, string>> = {
  'fresh-process': 'a run in a fresh process, booted ahead, no wall',
  'cold:wall': 'a run in a process booted for it, walled',
  warm: 'a run in a process that is used again',
  'in-process': 'a run in the host, schemas and all',
};

const BAR_HEIGHT = 18;
const TITLE_HEIGHT = 28;
const LABEL_WIDTH = 250;
const PLOT_WIDTH = 330;
const VALUE_WIDTH = 100;

const STYLE = `text{font:12px system-ui,sans-serif;fill:#57606a}.title{font-weight:600}.ours{fill:#2da44e}.other{fill:#8c959f}
@media(prefers-color-scheme:dark){text{fill:#9da7b3}}`;

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly kind: 'ours' | 'other';
}

/** A panel of bars for each headline: this runtime, the floor and the peers, in one unit. Less is better. */
export function renderPeers(rows: readonly BenchRow[]): string {
  const panels = headlines(rows).map(({ title, row }) => ({ title, unit: row.unit, bars: barsOf(row) }));
  const width = LABEL_WIDTH + PLOT_WIDTH + VALUE_WIDTH;
  let y = 0;
  const drawn = panels.map(({ title, unit, bars }) => {
    const top = y;
    y += TITLE_HEIGHT + bars.length * BAR_HEIGHT;
    return renderPanel({ title: `${title}, ${unit}`, bars, top });
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 8}" viewBox="0 0 ${width} ${y + 8}" role="img">`,
    '<title>Time of one run, here and elsewhere: less is better</title>',
    `<style>${STYLE}</style>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

/** The same as a small table. */
export function renderSummary(rows: readonly BenchRow[]): string {
  const lines = headlines(rows).map(({ title, row }) => {
    const others = barsOf(row).filter(({ kind }) => kind === 'other');
    return `| ${title} | ${figure(row.ours)} ${row.unit} | ${others.map(({ label, value }) => `${label} ${figure(value)}`).join(', ')} |`;
  });
  return ['| | here | elsewhere, in the same run |', '| --- | ---: | --- |', ...lines].join('\n');
}

function headlines(rows: readonly BenchRow[]): { readonly title: string; readonly row: BenchRow }[] {
  return Object.entries(HEADLINES).flatMap(([name, title]) => {
    const row = rows.find((row) => row.name === name);
    return row === undefined || row.ours === null ? [] : [{ title, row }];
  });
}

function barsOf({ name, ours, floor, peers }: BenchRow): readonly Bar[] {
  const others = [...(floor === null ? [] : [[goalOf(name).than, floor] as const]), ...Object.entries(peers)];
  return [
    { label: 'this runtime', value: ours ?? 0, kind: 'ours' },
    ...others.toSorted(([, a], [, b]) => a - b).map(([label, value]): Bar => ({ label, value, kind: 'other' })),
  ];
}

function renderPanel({
  title,
  bars,
  top,
}: {
  readonly title: string;
  readonly bars: readonly Bar[];
  readonly top: number;
}): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const lines = bars.map(({ label, value, kind }, index) => {
    const y = TITLE_HEIGHT + index * BAR_HEIGHT;
    const length = Math.max(1, (value / most) * PLOT_WIDTH);
    return [
      `<text x="${LABEL_WIDTH - 8}" y="${y + 11}" text-anchor="end">${escapeText(label)}</text>`,
      `<rect class="${kind}" x="${LABEL_WIDTH}" y="${y}" width="${length.toFixed(1)}" height="13" rx="2"/>`,
      `<text x="${(LABEL_WIDTH + length + 6).toFixed(1)}" y="${y + 11}">${figure(value)}</text>`,
    ].join('');
  });
  return `<g transform="translate(0 ${top})"><text class="title" x="0" y="18">${escapeText(title)}</text>${lines.join('')}</g>`;
}
