import type { Confinement, Firmness } from '@kb-labs/contracts';
import type { Bench } from '../bench/trial.js';

/** `honest` code is wrong without meaning it, and uses what is documented: a guard must hold it. `hostile` code means it: a wall must. */
export type AttackKind = 'honest' | 'hostile';

/** What came of one attack, as seen from outside the guest wherever that is possible. */
export interface AttackEvidence {
  readonly name: string;
  readonly kind: AttackKind;
  readonly held: boolean;
  /** For a person: what the host saw, and what the guest said. */
  readonly evidence: string;
}

/** One line of the table: what an adapter claims, and whether the claim stood. */
export interface ClaimEvidence {
  readonly claimed: Firmness;
  /** True where no attack got through; also where nothing is claimed and so nothing was attacked. */
  readonly held: boolean;
  readonly attacks: readonly AttackEvidence[];
}

/** Attacks on one confinement, made against an adapter that claims it. */
export type Assault = (
  bench: Bench,
  kinds: ReadonlySet<AttackKind>,
  around: string,
) => Promise<readonly AttackEvidence[]>;

/** An assault for every confinement there is. */
export type Assaults = Readonly<Record<Confinement, Assault>>;
