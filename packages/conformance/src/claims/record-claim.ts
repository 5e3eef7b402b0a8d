import { release } from 'node:os';
import type { Confinement, Firmness } from '@kb-labs/contracts';
import type { TaskMeta } from 'vitest';
import type { AttackKind, ClaimEvidence } from './attack.js';

/** What a test run leaves in vitest's reports about one claim of one adapter, for a table to publish. */
export interface ClaimRecord {
  /** The name that the adapter was given in the tests. */
  readonly adapter: string;
  readonly confinement: Confinement;
  readonly claimed: Firmness;
  /** Empty where nothing is claimed. What an attack saw stands in the test's own failure. */
  readonly attacks: readonly { readonly name: string; readonly kind: AttackKind; readonly held: boolean }[];
  readonly machine: { readonly node: string; readonly platform: string; readonly kernel: string };
}

declare module 'vitest' {
  interface TaskMeta {
    kbClaim?: ClaimRecord;
  }
}

/** Writes what came of the attacks into a test's `task.meta`, from where vitest's JSON reporter takes it. */
export function recordClaim(
  meta: TaskMeta,
  claim: { readonly adapter: string; readonly confinement: Confinement; readonly evidence: ClaimEvidence },
): void {
  const { adapter, confinement, evidence } = claim;
  meta.kbClaim = {
    adapter,
    confinement,
    claimed: evidence.claimed,
    attacks: evidence.attacks.map(({ name, kind, held }) => ({ name, kind, held })),
    machine: { node: process.versions.node, platform: process.platform, kernel: release() },
  };
}
