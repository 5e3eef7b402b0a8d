import { CapabilityMissingError, compileGrants, parseCapability } from '@kb-labs/capabilities';
import type { KnownCapabilities } from '@kb-labs/capabilities';
import { HOST_FUNCTIONS } from '@kb-labs/contracts';
import type { Job } from '../request.js';
import type { Prepared } from './prepare.js';

/** Decides which functions guests hold. */
export interface FunctionGrants {
  /** Throws `ERR_CAPABILITY_MISSING`. */
  decide(job: Job, prepared: Prepared): readonly string[];
  /** The same where it was decided before; `undefined` where it was not. */
  recall(job: Job, prepared: Prepared): readonly string[] | undefined;
}

/**
 * Makes the judge of one runtime. It decides once for what was found once, which a context and a manifest make up between them; what a run invokes
 * depends on its caller, and is decided each time.
 */
export function createFunctionGrants(known: KnownCapabilities): FunctionGrants {
  const decided = new WeakMap<Prepared, readonly string[]>();
  return {
    recall: (job, prepared) => (job.caller === undefined ? decided.get(prepared) : undefined),
    decide(job, prepared) {
      const functions = grantFunctions(job, prepared, known);
      if (job.caller === undefined) decided.set(prepared, functions);
      return functions;
    },
  };
}

/**
 * The host functions that the guest will hold: those that the host grants, and, where there is a manifest, that it requires.
 * Throws `ERR_CAPABILITY_MISSING` where it requires more than is granted, or than its caller holds. `known` has the versions, and what
 * a wildcard covers.
 */
function grantFunctions(job: Job, prepared: Prepared, known: KnownCapabilities): readonly string[] {
  const { caller, settings, pluginId } = job;
  const callee = caller === undefined ? undefined : settings.callees.get(pluginId);
  const grants = compileGrants(callee?.capabilities ?? settings.capabilities, known);
  const functions = Object.entries(HOST_FUNCTIONS);
  if (prepared.manifest === undefined) {
    return Object.freeze(functions.filter(([, name]) => grants.covers(name)).map(([name]) => name));
  }
  const check = grants.check(prepared.manifest.capabilities ?? []);
  if (check.missing.length > 0) throw new CapabilityMissingError(check.missing);
  const required = new Set(check.granted.map((text) => parseCapability(text).name));
  const held = functions.filter(([, name]) => required.has(name));
  const beyond = callee?.authority === 'own' ? [] : held.filter(([name]) => caller?.functions.includes(name) === false);
  if (beyond.length > 0) throw new CapabilityMissingError([...new Set(beyond.map(([, name]) => name))]);
  return Object.freeze(held.map(([name]) => name));
}
