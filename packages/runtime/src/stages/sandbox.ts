import * as types from 'node:util/types';
import { ABORT_LINE, createError, isPluginError, settledValue } from '@kb-labs/contracts';
import type { ConfinementTable, Sandbox, SandboxAdapter, SandboxIsolation, SandboxPlan } from '@kb-labs/contracts';
import { isPending, untilAborted } from '../abort.js';
import { assertConfined } from '../confinement.js';
import { withinDeadline } from '../deadline.js';
import { LOG_HINT, nameOfThrown } from '../envelope.js';
import type { Run } from '../run.js';
import { hasMethods } from '../shared-options.js';
import type { Authority } from './permissions.js';
import type { Prepared } from './prepare.js';

/** Where to run, and how firmly kept. */
export interface SandboxWish {
  readonly adapter: SandboxAdapter;
  readonly required: ConfinementTable;
  readonly graceMs: number;
  readonly env: Readonly<Record<string, string>>;
  readonly isolation: SandboxIsolation;
  readonly prepared: Prepared;
  readonly authority: Authority;
}

/** Gets a place that is firm enough: the claim of the adapter is compared before it starts anything, that of the place after. At once where the adapter answers at once. */
export function acquireSandbox(run: Run, wish: SandboxWish): Sandbox | Promise<Sandbox> {
  const claims = wish.adapter.confines();
  const known = settledValue(claims);
  if (known !== undefined) return openFirm(run, wish, known.value);
  return untilAborted(claims, run.line).then((firmness) => openFirm(run, wish, firmness));
}

function openFirm(run: Run, wish: SandboxWish, claims: ConfinementTable): Sandbox | Promise<Sandbox> {
  const { adapter, required } = wish;
  assertConfined(adapter.name, required, claims);
  const opened = openPlace(run, wish);
  return isPending(opened) ? opened.then((sandbox) => enter(run, wish, sandbox)) : enter(run, wish, opened);
}

function enter(run: Run, { adapter, required }: SandboxWish, sandbox: Sandbox): Sandbox | Promise<Sandbox> {
  const { confinement, coldStart } = sandbox;
  try {
    assertConfined(adapter.name, required, confinement.firmness);
  } catch (error) {
    return leave(sandbox, error);
  }
  run.confinement = confinement;
  run.receipt.coldStart = coldStart;
  if (run.isObserved) run.emit({ type: 'confined', confinement, coldStart });
  return sandbox;
}

async function leave(sandbox: Sandbox, reason: unknown): Promise<never> {
  await sandbox[Symbol.asyncDispose]();
  throw reason;
}

function planOf(run: Run, { prepared, authority, env, isolation }: SandboxWish): SandboxPlan {
  const { digest: policyDigest } = authority.policy;
  const { signal, line } = run;
  const limits = authority.sandboxLimits;
  const plan = { plugin: prepared.plugin, limits, env, policyDigest, isolation, signal, [ABORT_LINE]: line };
  return plan;
}

/** Adapters are written by third parties: what is wrong with one is told by its name, and without the text of its error. */
function openPlace(run: Run, wish: SandboxWish): Sandbox | Promise<Sandbox> {
  let opening: Promise<Sandbox>;
  try {
    opening = wish.adapter.acquire(planOf(run, wish));
  } catch (thrown) {
    throw asNoPlace(wish.adapter.name, thrown);
  }
  const opened = settledValue(opening);
  return opened !== undefined && isPlace(opened.value) ? opened.value : waitForPlace(run, wish, opening);
}

async function waitForPlace(run: Run, wish: SandboxWish, opening: Promise<Sandbox>): Promise<Sandbox> {
  const { adapter, authority, graceMs } = wish;
  let sandbox: Sandbox;
  try {
    sandbox = await withinDeadline(opening, {
      limitMs: authority.limits.startTimeoutMs,
      graceMs,
      line: run.line,
      code: 'ERR_START_TIMEOUT',
      duty: 'start',
      late: (place) => void run.close(place, graceMs),
      timers: run.timers,
    });
  } catch (thrown) {
    throw asNoPlace(adapter.name, thrown);
  }
  if (!isPlace(sandbox)) {
    if (hasMethods(sandbox, [Symbol.asyncDispose])) await run.close(sandbox, graceMs);
    throw brokenPlace(adapter.name);
  }
  return sandbox;
}

function asNoPlace(adapter: string, thrown: unknown): unknown {
  return types.isProxy(thrown) || !isPluginError(thrown) ? noPlace(adapter, thrown) : thrown;
}

function isPlace(place: unknown): boolean {
  if (!hasMethods(place, ['run', Symbol.asyncDispose])) return false;
  const { confinement, coldStart } = place as Record<string, unknown>;
  const firmness: unknown = Object(confinement).firmness;
  return typeof coldStart === 'boolean' && typeof firmness === 'object' && firmness !== null;
}

function noPlace(adapter: string, cause: unknown): Error {
  const error = nameOfThrown(cause);
  return createError('ERR_INTERNAL', `the sandbox "${adapter}" opened no place: acquire() failed with ${error}`, {
    details: { adapter, error },
    hint: `the text of the error is in the log of the runtime: ${LOG_HINT}`,
    cause,
  });
}

function brokenPlace(adapter: string): Error {
  return createError('ERR_INTERNAL', `the sandbox "${adapter}" opened a place that is no Sandbox`, {
    details: { adapter },
    hint: 'let acquire() resolve with { confinement: { adapter, firmness, … }, coldStart, run(), [Symbol.asyncDispose]() }',
  });
}
