import type { ConfinementTable, Sandbox, SandboxAdapter, SandboxLimits } from '@kb-labs/contracts';
import { untilAborted } from '../abort.js';
import { assertConfined } from '../confinement.js';
import { withinDeadline } from '../deadline.js';
import type { Run } from '../run.js';
import type { Authority } from './permissions.js';
import type { Prepared } from './prepare.js';

/** Where to run, and how firmly kept. */
export interface SandboxWish {
  readonly adapter: SandboxAdapter;
  readonly required: ConfinementTable;
  readonly graceMs: number;
  readonly env: Readonly<Record<string, string>>;
  readonly prepared: Prepared;
  readonly authority: Authority;
}

/** Gets a place that is firm enough: the claim of the adapter is compared before it starts anything, that of the place after. */
export async function acquireSandbox(run: Run, wish: SandboxWish): Promise<Sandbox> {
  const { adapter, required, prepared, authority } = wish;
  assertConfined(adapter.name, required, await untilAborted(adapter.confines(), run.signal));
  const acquired = adapter.acquire({
    plugin: prepared.plugin,
    limits: sandboxLimits(wish),
    env: wish.env,
    policyDigest: authority.policy.digest,
    signal: run.signal,
  });
  const sandbox = await withinDeadline(acquired, {
    limitMs: authority.limits.startTimeoutMs,
    graceMs: wish.graceMs,
    signal: run.signal,
    code: 'ERR_START_TIMEOUT',
    duty: 'start',
    late: (place) => void run.closing(place, wish.graceMs)[Symbol.asyncDispose](),
  });
  try {
    assertConfined(adapter.name, required, sandbox.confinement.firmness);
  } catch (error) {
    await sandbox[Symbol.asyncDispose]();
    throw error;
  }
  run.confinement = sandbox.confinement;
  run.receipt.coldStart = sandbox.coldStart;
  run.emit({ type: 'confined', confinement: sandbox.confinement, coldStart: sandbox.coldStart });
  return sandbox;
}

function sandboxLimits({ authority, graceMs }: SandboxWish): SandboxLimits {
  const { timeoutMs, startTimeoutMs, cpuMs, memoryMb, maxOutputBytes, maxResultBytes, maxInFlight } = authority.limits;
  return Object.freeze({
    timeoutMs,
    startTimeoutMs,
    cpuMs,
    memoryMb,
    maxOutputBytes,
    maxResultBytes,
    maxInFlight,
    graceMs,
  });
}
