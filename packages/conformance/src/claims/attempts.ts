import { runTrial } from '../bench/trial.js';
import type { Bench, Trial } from '../bench/trial.js';
import type { AttackKind } from './attack.js';

/** One thing that a guest tries, by the name that the guest's file knows it by. */
export interface Attempt {
  readonly name: string;
  readonly kind: AttackKind;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What the guest says came of it. `did` is no breach yet: the host looks for itself. */
export interface AttemptReport {
  readonly did: boolean;
  readonly text: string;
}

/**
 * Has a guest make all attempts in one run. Where the run ends before it can report, each attempt gets a run of its own, so that one that
 * kills its guest does not hide the others.
 */
export async function makeAttempts(
  bench: Bench,
  attempts: readonly Attempt[],
  trial: Omit<Trial, 'input'>,
): Promise<ReadonlyMap<string, AttemptReport>> {
  const together = await reportOf(bench, attempts, trial);
  if (together instanceof Map) return together;
  const [only, ...others] = attempts;
  if (only !== undefined && others.length === 0) return new Map([[only.name, { did: false, text: String(together) }]]);
  const alone = new Map<string, AttemptReport>();
  for (const attempt of attempts) {
    const report = await reportOf(bench, [attempt], trial);
    const { name } = attempt;
    alone.set(name, report instanceof Map ? (report.get(name) ?? silent) : { did: false, text: report });
  }
  return alone;
}

const silent: AttemptReport = { did: false, text: 'the guest did not say' };

async function reportOf(
  bench: Bench,
  attempts: readonly Attempt[],
  trial: Omit<Trial, 'input'>,
): Promise<ReadonlyMap<string, AttemptReport> | string> {
  const tasks = attempts.map(({ name, facts }) => ({ name, facts }));
  const timeoutMs = 3_000 + attempts.length * 300;
  const { outcome } = await runTrial(bench, { limits: { timeoutMs, cpuMs: 20_000 }, ...trial, input: tasks });
  if (!outcome.ok) return `the guest was ended: ${outcome.error.code} ${outcome.error.message}`;
  return new Map(attempts.map(({ name }) => [name, parseReport(outcome.value, name)]));
}

function parseReport(value: unknown, name: string): AttemptReport {
  const reports: object = typeof value === 'object' && value !== null ? value : {};
  const report: unknown = Reflect.get(reports, name);
  if (typeof report !== 'object' || report === null) return silent;
  return { did: Reflect.get(report, 'did') === true, text: String(Reflect.get(report, 'text')) };
}

/** Names of one kind, as attempts with facts made for each. */
export function attemptsOf(
  kind: AttackKind,
  names: readonly string[],
  factsFor: (name: string) => Readonly<Record<string, unknown>>,
): readonly Attempt[] {
  return names.map((name) => ({ name, kind, facts: factsFor(name) }));
}
