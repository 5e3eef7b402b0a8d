// The public names of this package, one by one.
export { createMasker } from './masker.js';
export type { Masker } from './masker.js';
export { createRedactor, redact } from './redact.js';
export type { Redaction, Redactor } from './redact.js';
export type { MaskOptions, RedactLimits, RedactOptions } from './redact-options.js';
