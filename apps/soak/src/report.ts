import { max, median } from 'simple-statistics';
import type { Sample } from './sample.js';
import type { SoakReport } from './soak.js';
import { slopePerHour } from './verdict.js';

/** A report for people: what ran, how it ended, and what of the host grew. */
export function renderReport({ runs, outcomes, runsByPlace, faults, samples, verdict }: SoakReport): string {
  const minutes = (samples.at(-1)?.atMs ?? 0) / 60_000;
  return [
    `${runs} runs in ${minutes.toFixed(1)} min (${Math.round(runs / Math.max(minutes, 1e-9) / 60)} a second), ${samples.length} samples`,
    `places        ${counts(runsByPlace)}`,
    `outcomes      ${counts(outcomes)}`,
    `broken runs   ${counts(faults)}`,
    `resident set  ${range(samples, ({ residentBytes }) => residentBytes / 2 ** 20, 'MiB')}, slope ${mibPerHour(samples, 'residentBytes')}`,
    `heap          ${range(samples, ({ heapBytes }) => heapBytes / 2 ** 20, 'MiB')}, slope ${mibPerHour(samples, 'heapBytes')}`,
    `descriptors   ${range(samples, ({ descriptors }) => descriptors)}`,
    `listeners     ${range(samples, ({ listeners }) => listeners)}`,
    `resources     ${range(samples, ({ resources }) => resources)}`,
    `children      ${range(samples, ({ children }) => children)}, zombies ${range(samples, ({ zombies }) => zombies)}`,
    `files left    ${range(samples, ({ files }) => files)}`,
    `loop delay    p50 ${ms(samples, ({ delayP50Ms }) => delayP50Ms)}, p99 ${ms(samples, ({ delayP99Ms }) => delayP99Ms)}, longest ${longest(samples)} ms`,
    verdict.length === 0 ? 'nothing grew, and every run ended as it should' : `FAILED:\n- ${verdict.join('\n- ')}`,
  ].join('\n');
}

/** One line while it runs. */
export function renderSample({ atMs, residentBytes, descriptors, children, delayMaxMs }: Sample, runs: number): string {
  const time = `${(atMs / 1000).toFixed(0).padStart(5)} s`;
  const memory = `${(residentBytes / 2 ** 20).toFixed(0)} MiB`;
  return `${time}  ${runs} runs, ${memory}, ${descriptors} descriptors, ${children} children, longest stall ${delayMaxMs.toFixed(0)} ms`;
}

function counts(of: Readonly<Record<string, number>>): string {
  return Object.entries(of)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function range(samples: readonly Sample[], of: (sample: Sample) => number, unit = ''): string {
  const [first, last] = [samples.at(0), samples.at(-1)].map((sample) =>
    sample === undefined ? Number.NaN : of(sample),
  );
  const digits = unit === '' ? 0 : 1;
  return `${first?.toFixed(digits)} to ${last?.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`;
}

function mibPerHour(samples: readonly Sample[], name: 'residentBytes' | 'heapBytes'): string {
  return `${(slopePerHour(samples, name) / 2 ** 20).toFixed(2)} MiB an hour`;
}

function ms(samples: readonly Sample[], of: (sample: Sample) => number): string {
  return samples.length === 0 ? 'none' : `${median(samples.map(of)).toFixed(1)} ms`;
}

function longest(samples: readonly Sample[]): string {
  return samples.length === 0 ? 'none' : max(samples.map(({ delayMaxMs }) => delayMaxMs)).toFixed(0);
}
