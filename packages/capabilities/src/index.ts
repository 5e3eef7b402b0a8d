export { CapabilityMissingError } from './capability-missing-error.js';
export type { CapabilityProblem } from './capability-name.js';
export { createCapabilityRegistry, defaultCapabilities } from './capability-registry.js';
export type { CapabilityVersions, KnownCapabilities } from './capability-registry.js';
export { checkCapabilities, validateCapabilityNames } from './check-capabilities.js';
export type { CapabilityNames, InvalidCapability } from './check-capabilities.js';
export { parseCapability } from './parse-capability.js';
export type { Capability } from './parse-capability.js';
