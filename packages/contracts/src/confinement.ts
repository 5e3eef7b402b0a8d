/** What a sandbox may keep a guest from: bringing down the host, running too long, seeing the environment, and so on. */
export type Confinement = 'crash' | 'time' | 'cpu' | 'memory' | 'env' | 'fs' | 'net' | 'process';

/** All eight, in the order of the published table. */
export const CONFINEMENTS: readonly Confinement[] = Object.freeze([
  'crash',
  'time',
  'cpu',
  'memory',
  'env',
  'fs',
  'net',
  'process',
] as const);

/**
 * `wall` holds against a guest that attacks (the kernel or a wasm machine keeps it). `guard` holds against code that is
 * honest but wrong (kept inside the guest's own process). `none` says so.
 */
export type Firmness = 'wall' | 'guard' | 'none';

/** How firmly each of the eight is kept. */
export type ConfinementTable = Readonly<Record<Confinement, Firmness>>;

/** What was enforced in one run, and by what. */
export interface ConfinementReport {
  readonly adapter: string;
  readonly firmness: ConfinementTable;
  /** The mechanism behind each line, for a person: `bubblewrap 0.8.0`, `--permission (Node 26.10.0)`. */
  readonly by: Readonly<Record<Confinement, string>>;
}
