import * as types from 'node:util/types';
import { ABORT_LINE, createError, isPluginError } from '@kb-labs/contracts';
import type { ConfinementTable, Sandbox, SandboxAdapter, SandboxIsolation } from '@kb-labs/contracts';
import { untilAborted } from '../abort.js';
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

/** Gets a place that is firm enough: the claim of the adapter is compared before it starts anything, that of the place after. */
export async function acquireSandbox(run: Run, wish: SandboxWish): Promise<Sandbox> {
  const { adapter, required } = wish;
  assertConfined(adapter.name, required, await untilAborted(adapter.confines(), run.line));
  const sandbox = await openPlace(run, wish);
  try {
    assertConfined(adapter.name, required, sandbox.confinement.firmness);
  } catch (error) {
    await sandbox[Symbol.asyncDispose]();
    throw error;
  }
  run.confinement = sandbox.confinement;
  run.receipt.coldStart = sandbox.coldStart;
  const { confinement, coldStart } = sandbox;
  if (run.isObserved) run.emit({ type: 'confined', confinement, coldStart });
  return sandbox;
}

/** Adapters are written by third parties: what is wrong with one is told by its name, and without the text of its error. */
async function openPlace(run: Run, wish: SandboxWish): Promise<Sandbox> {
  const { adapter, prepared, authority, graceMs, env, isolation } = wish;
  const { digest: policyDigest } = authority.policy;
  const { signal, line } = run;
  const plan = {
    plugin: prepared.plugin,
    limits: authority.sandboxLimits,
    env,
    policyDigest,
    isolation,
    signal,
    [ABORT_LINE]: line,
  };
  let sandbox: Sandbox;
  try {
    sandbox = await withinDeadline(adapter.acquire(plan), {
      limitMs: authority.limits.startTimeoutMs,
      graceMs,
      line,
      code: 'ERR_START_TIMEOUT',
      duty: 'start',
      late: (place) => void run.close(place, graceMs),
      timers: run.timers,
    });
  } catch (thrown) {
    throw types.isProxy(thrown) || !isPluginError(thrown) ? noPlace(adapter.name, thrown) : thrown;
  }
  if (!isPlace(sandbox)) {
    if (hasMethods(sandbox, [Symbol.asyncDispose])) await run.close(sandbox, graceMs);
    throw brokenPlace(adapter.name);
  }
  return sandbox;
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
