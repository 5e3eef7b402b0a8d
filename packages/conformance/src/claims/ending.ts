import type { ErrorCode, SandboxLimits } from '@kb-labs/contracts';
import { runTrial } from '../bench/trial.js';
import type { Bench, TrialReport } from '../bench/trial.js';
import type { AttackEvidence, AttackKind } from './attack.js';

/** A guest that must be ended, or that ends itself in a way that must not matter. */
export interface Ending {
  /** For a person. */
  readonly name: string;
  readonly kind: AttackKind;
  readonly handler: string;
  readonly input?: unknown;
}

/** What the kit's guests answer where there is nothing to try: they are the kit's own, and no adapter makes them say it. */
export const NOTHING = 'there is no such thing';

/** How a run may end, and by when, so that the claim stands. */
export interface EndingRule {
  readonly limits: Partial<SandboxLimits>;
  /** Codes with which it may end. */
  readonly codes: readonly ErrorCode[];
  /** Milliseconds in which the run must be over, before scaling. */
  readonly withinMs: number;
  /** A value with which the run may end well. */
  readonly mayReturn?: unknown;
  /** What else the host has seen go wrong. */
  readonly harm?: () => string | undefined;
}

/** Runs it and judges how it ended. A run that does not settle in time counts as a breach, and is left behind. */
export async function runEnding(bench: Bench, ending: Ending, rule: EndingRule): Promise<AttackEvidence> {
  const { name, kind } = ending;
  const limitMs = rule.withinMs * bench.timeScale;
  const report = await settleWithin(bench, ending, { rule, limitMs });
  const breach = (typeof report === 'string' ? report : judge(report, rule, limitMs)) ?? rule.harm?.();
  return {
    name,
    kind,
    held: breach === undefined,
    evidence: breach ?? (typeof report === 'string' ? report : tell(report)),
  };
}

/** Booting and going are not what is measured. */
const MARGIN_MS = 15_000;

async function settleWithin(
  bench: Bench,
  { handler, input }: Ending,
  { rule, limitMs }: { readonly rule: EndingRule; readonly limitMs: number },
): Promise<TrialReport | string> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve('the run never settled'), limitMs + MARGIN_MS);
  try {
    return await Promise.race([runTrial(bench, { handler, input, limits: rule.limits }), late]);
  } catch (error) {
    return `the adapter threw: ${error instanceof Error ? error.message : 'not even an error'}`;
  } finally {
    clearTimeout(timer);
  }
}

function judge({ outcome, elapsedMs }: TrialReport, rule: EndingRule, limitMs: number): string | undefined {
  if (elapsedMs > limitMs) return `the run took ${Math.round(elapsedMs)} ms, ${limitMs} ms at most`;
  if (outcome.ok) {
    const { value } = outcome;
    if (value === NOTHING) return undefined;
    return value === rule.mayReturn && rule.mayReturn !== undefined ? undefined : `the run returned ${typeof value}`;
  }
  const { code, message } = outcome.error;
  return rule.codes.includes(code) ? undefined : `the run ended with ${code}: ${message}`;
}

function tell({ outcome, elapsedMs }: TrialReport): string {
  if (outcome.ok && outcome.value === NOTHING) return NOTHING;
  return `${outcome.ok ? 'the guest returned' : outcome.error.code} after ${Math.round(elapsedMs)} ms; the host lives`;
}
