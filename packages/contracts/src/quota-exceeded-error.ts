import { PluginError } from './plugin-error.js';
import type { QuotaName } from './quotas.js';

/** A quota and the use that did not fit into it. */
export interface QuotaUse {
  readonly quota: QuotaName;
  readonly used: number;
  readonly requested: number;
  readonly limit: number;
}

/** Thrown where an amount does not fit into what is left of a quota. Nothing has been taken. */
export class QuotaExceededError extends PluginError {
  override readonly name = 'QuotaExceededError';
  override readonly code = 'ERR_QUOTA_EXCEEDED';

  constructor(use: QuotaUse) {
    super(`${use.quota} is used up: ${use.used} of ${use.limit} used, ${use.requested} more requested`, {
      details: { ...use },
      hint: `use less, or set a higher "${use.quota}" in the grant, and in the manifest where there is one`,
    });
  }
}
