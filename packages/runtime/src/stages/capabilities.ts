import { CapabilityMissingError, checkCapabilities, parseCapability } from '@kb-labs/capabilities';
import type { KnownCapabilities } from '@kb-labs/capabilities';
import { HOST_FUNCTIONS } from '@kb-labs/contracts';
import type { Job } from '../request.js';
import type { Prepared } from './prepare.js';

/**
 * The host functions that the guest will hold: those that the host grants, and, where there is a manifest, that it requires.
 * Throws `ERR_CAPABILITY_MISSING` where it requires more than is granted, or than its caller holds. `known` has the versions, and what
 * a wildcard covers.
 */
export function grantFunctions(job: Job, prepared: Prepared, known: KnownCapabilities): readonly string[] {
  const { caller, settings, pluginId } = job;
  const callee = caller === undefined ? undefined : settings.callees.get(pluginId);
  const granted = callee?.capabilities ?? settings.capabilities;
  const functions = Object.entries(HOST_FUNCTIONS);
  if (prepared.manifest === undefined) {
    return functions
      .filter(([, name]) => checkCapabilities([name], granted, known).missing.length === 0)
      .map(([name]) => name);
  }
  const check = checkCapabilities(prepared.manifest.capabilities ?? [], granted, known);
  if (check.missing.length > 0) throw new CapabilityMissingError(check.missing);
  const required = new Set(check.granted.map((text) => parseCapability(text).name));
  const held = functions.filter(([, name]) => required.has(name));
  const beyond = callee?.authority === 'own' ? [] : held.filter(([name]) => caller?.functions.includes(name) === false);
  if (beyond.length > 0) throw new CapabilityMissingError([...new Set(beyond.map(([, name]) => name))]);
  return held.map(([name]) => name);
}
