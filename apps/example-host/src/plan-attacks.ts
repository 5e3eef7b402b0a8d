import type { PermissionSpec } from '@kb-labs/plugin-runtime';
import { expectEnd, expectEscapesRefused } from './expectations.js';
import { loopbackRules } from './grants.js';
import type { PlanFacts, RunPlan } from './planned-run.js';

/** What the hostile plugin is given: a little of each room, so that what it tries beyond that means something. */
export function planAttacks({ scene }: PlanFacts): readonly RunPlan[] {
  const { prey, servers, secretPath, plantPath, shellLink } = scene;
  const grant: PermissionSpec = {
    fs: { mode: 'read', allow: ['notes'] },
    net: { allow: loopbackRules(servers.grantedPort) },
    artifacts: { write: [{ paths: ['**'] }] },
    events: { produce: ['hostile.*'], consume: ['hostile.*'], scopes: ['execution', 'host'] },
    quotas: { timeoutMs: 10_000, cpuMs: 10_000, memoryMb: 96 },
  };
  const input = {
    secretPath,
    plantPath,
    shellLink,
    forbiddenUrl: `${servers.forbidden}/secret`,
    redirectUrl: `${servers.granted}/redirect`,
    hostPid: process.pid,
  };
  const common = { root: prey, grant, hostile: true, input: {} };
  const spinning = { ...grant, quotas: { ...grant.quotas, timeoutMs: 1_000 } };
  return [
    { ...common, label: 'hostile escape', handler: 'escape', input, judge: expectEscapesRefused },
    { ...common, label: 'hostile garble', handler: 'garble', judge: expectEnd('ERR_PROTOCOL') },
    { ...common, label: 'hostile hoard', handler: 'hoard', judge: expectEnd('ERR_MEMORY_EXCEEDED') },
    { ...common, label: 'hostile spin', handler: 'spin', grant: spinning, judge: expectEnd('ERR_TIMEOUT') },
  ];
}
