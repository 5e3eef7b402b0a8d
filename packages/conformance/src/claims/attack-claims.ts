import { CONFINEMENTS } from '@kb-labs/contracts';
import type { Confinement, Firmness, SandboxAdapter } from '@kb-labs/contracts';
import { createPluginFolder } from '../bench/plugin-folder.js';
import type { PluginFolder } from '../bench/plugin-folder.js';
import type { Bench } from '../bench/trial.js';
import type { Assault, Assaults, AttackEvidence, AttackKind, ClaimEvidence } from './attack.js';
import { assaultCrash } from './crash-attacks.js';
import { assaultEnv } from './env-attacks.js';
import { assaultFs } from './fs-attacks.js';
import { assaultNet } from './net-attacks.js';
import { assaultProcess } from './process-attacks.js';
import { assaultCpu, assaultMemory, assaultTime } from './resource-attacks.js';

/** How long and what to attack. */
export interface AttackClaimsOptions {
  /** Multiplies every time limit: more than 1 on a slow machine. */
  readonly timeScale?: number;
  /** The confinements to attack; all eight by default. */
  readonly only?: readonly Confinement[];
}

/** What held, for each confinement that was looked at. */
export type ClaimTable = Readonly<Partial<Record<Confinement, ClaimEvidence>>>;

const ASSAULTS: Assaults = {
  crash: assaultCrash,
  time: assaultTime,
  cpu: assaultCpu,
  memory: assaultMemory,
  env: assaultEnv,
  fs: assaultFs,
  net: assaultNet,
  process: assaultProcess,
};

const KINDS: Readonly<Record<Firmness, ReadonlySet<AttackKind>>> = {
  wall: new Set<AttackKind>(['honest', 'hostile']),
  guard: new Set<AttackKind>(['honest']),
  none: new Set<AttackKind>(),
};

/**
 * Attacks whatever the adapter claims, and tells what held. The attacks are real: against an adapter that claims what it does not keep, they
 * hit the process and the machine that this is called on, so call it where that does no harm. Writes to temporary places alone, and
 * removes what it finds there of its own. Rejects only where `confines()` does.
 */
export async function attackClaims(adapter: SandboxAdapter, options: AttackClaimsOptions = {}): Promise<ClaimTable> {
  const { timeScale = 1, only = CONFINEMENTS } = options;
  const claims = await adapter.confines();
  const table: Partial<Record<Confinement, ClaimEvidence>> = {};
  for (const confinement of only) {
    await using folder = await createPluginFolder();
    const bench: Bench = { adapter, root: folder.root, timeScale };
    const claimed = claims[confinement];
    const attacks = claimed === 'none' ? [] : await attack(ASSAULTS[confinement], KINDS[claimed], { bench, folder });
    table[confinement] = { claimed, held: attacks.every(({ held }) => held), attacks };
  }
  return table;
}

interface Field {
  readonly bench: Bench;
  readonly folder: PluginFolder;
}

async function attack(
  assault: Assault,
  kinds: ReadonlySet<AttackKind>,
  { bench, folder }: Field,
): Promise<readonly AttackEvidence[]> {
  try {
    return await assault(bench, kinds, folder.around);
  } catch (error) {
    // An adapter that opens no place, or whose run rejects, has kept nothing.
    const evidence = `the adapter threw: ${error instanceof Error ? error.message : 'not even an error'}`;
    return [{ name: 'the attack as a whole', kind: 'honest', held: false, evidence }];
  }
}
