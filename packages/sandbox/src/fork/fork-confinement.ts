import type { Confinement, ConfinementReport, Firmness } from '@kb-labs/contracts';
import { hasPermissionModel, refusesNetwork } from './node-flags.js';
import type { Wall } from './wall.js';

type Line = readonly [firmness: Firmness, by: string];

/** What the fork adapter keeps on this machine: with the wall around it, or with Node's own guards alone. */
export function describeConfinement(wall: Wall | undefined): ConfinementReport {
  const lines = wall === undefined ? plainLines() : walledLines(wall);
  const pick = <Value>(index: 0 | 1): Readonly<Record<Confinement, Value>> =>
    // Both records have the keys of `lines`, which the compiler has seen to be all of them.
    Object.freeze(
      Object.fromEntries(Object.entries(lines).map(([name, line]) => [name, line[index]])) as Record<
        Confinement,
        Value
      >,
    );
  return Object.freeze({ adapter: 'fork', firmness: pick<Firmness>(0), by: pick<string>(1) });
}

function walledLines(wall: Wall): Record<Confinement, Line> {
  const name = `bubblewrap ${wall.version}${wall.seccomp === undefined ? '' : ' with seccomp'}`;
  const outside = '/proc, read by the host, and SIGKILL';
  return {
    crash: ['wall', `a process in a PID namespace (${name})`],
    time: ['wall', "the host's timer and SIGKILL of the namespace"],
    cpu: ['wall', outside],
    memory: ['wall', `${outside}; V8 heap limit`],
    env: ['wall', `an empty environment and a /proc of its own (${name})`],
    fs: ['wall', `a mount namespace with read-only binds (${name})`],
    net: ['wall', `a network namespace (${name})`],
    process: ['wall', `a PID namespace (${name})`],
  };
}

function plainLines(): Record<Confinement, Line> {
  const node = `Node ${process.versions.node}`;
  const guarded = (what: string): Line =>
    hasPermissionModel() ? ['guard', `${what} (${node})`] : ['none', `${node} has no --permission`];
  const watched: Line =
    process.platform === 'linux'
      ? ['wall', '/proc, read by the host, and SIGKILL']
      : ['none', `no /proc on ${process.platform}`];
  return {
    crash: ['guard', 'a process of its own; signals to the host are refused inside it'],
    time: ['wall', "the host's timer and SIGKILL of the process group"],
    cpu: watched,
    memory: process.platform === 'linux' ? watched : ['guard', 'V8 heap limit'],
    env: guarded('an empty environment; /proc refused by --permission'),
    fs: guarded('--permission'),
    net: refusesNetwork() ? guarded('--permission without --allow-net') : guarded('module hooks'),
    process: guarded('--permission'),
  };
}
