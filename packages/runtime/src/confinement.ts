import { CONFINEMENTS, createError } from '@kb-labs/contracts';
import type { Confinement, ConfinementTable, Firmness, PluginError } from '@kb-labs/contracts';

/** How firmly a host wants things kept: one word for all eight, or some of them by name (the others stay at `guard`). */
export type RequiredConfinement = Firmness | { readonly [Name in Confinement]?: Firmness };

const FIRMNESSES: readonly Firmness[] = ['none', 'guard', 'wall'];

/** Tells whether a value is one of the three firmnesses. */
export function isFirmness(value: unknown): value is Firmness {
  return FIRMNESSES.some((firmness) => firmness === value);
}

/** Writes out what is required of each of the eight. */
export function confinementTable(required: RequiredConfinement): ConfinementTable {
  const firmnessOf = (name: Confinement): Firmness =>
    typeof required === 'string' ? required : (required[name] ?? 'guard');
  return Object.freeze({
    crash: firmnessOf('crash'),
    time: firmnessOf('time'),
    cpu: firmnessOf('cpu'),
    memory: firmnessOf('memory'),
    env: firmnessOf('env'),
    fs: firmnessOf('fs'),
    net: firmnessOf('net'),
    process: firmnessOf('process'),
  });
}

/** Throws `ERR_CONFINEMENT_TOO_WEAK` with every line that falls short. A line that the adapter leaves out counts as `none`. */
export function assertConfined(adapter: string, required: ConfinementTable, offered: ConfinementTable): void {
  if (isEnough(required, offered)) return;
  const missing = CONFINEMENTS.filter((name) => rank(offered[name]) < rank(required[name])).map((name) => ({
    confinement: name,
    needed: required[name],
    offered: rank(offered[name]) === 0 ? 'none' : offered[name],
  }));
  throw tooWeak(adapter, missing);
}

/** Whether what is offered is nowhere less firm than what is required. */
// A loop without a function of its own: each run asks twice.
export function isEnough(required: ConfinementTable, offered: ConfinementTable): boolean {
  for (const name of CONFINEMENTS) {
    if (required[name] !== 'none' && rank(offered[name]) < rank(required[name])) return false;
  }
  return true;
}

function rank(firmness: Firmness): number {
  return Math.max(0, FIRMNESSES.indexOf(firmness));
}

interface Shortfall {
  readonly confinement: Confinement;
  readonly needed: Firmness;
  readonly offered: Firmness;
}

function tooWeak(adapter: string, missing: readonly Shortfall[]): PluginError {
  const lines = missing.map((line) => `${line.confinement} (needs ${line.needed}, has ${line.offered})`);
  const accepted = missing.every((line) => line.offered === 'none') && missing.length === CONFINEMENTS.length;
  const option = accepted
    ? "requiredConfinement: 'none'"
    : `requiredConfinement: { ${missing.map((line) => `${line.confinement}: '${line.offered}'`).join(', ')} }`;
  return createError('ERR_CONFINEMENT_TOO_WEAK', `the sandbox "${adapter}" is too weak: ${lines.join(', ')}`, {
    details: { adapter, missing },
    hint: `${remedy(adapter)}; last, where the plugin is trusted, say ${option} in createPluginContext`,
  });
}

/** What would be firm enough, and not only what would be let through. */
function remedy(adapter: string): string {
  const quickjs =
    "for code that needs nothing of Node's own, use quickjsSandbox() of @kb-labs/sandbox-quickjs, a wall on every platform";
  return adapter === 'fork'
    ? `install bubblewrap and allow user namespaces, which on Linux make walls of what "fork" guards; or, ${quickjs}`
    : `use "fork", which with bubblewrap on Linux is a wall; or, ${quickjs}`;
}
