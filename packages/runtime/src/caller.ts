import type { PermissionPolicy, PermissionSpec, QuotaMeter } from '@kb-labs/contracts';
import type { InvokePlaces } from './invoke-places.js';

/** The run on whose behalf another one runs: what it hands on, and what bounds it. */
export interface Caller {
  readonly policy: PermissionPolicy;
  /** The specs behind that policy: what they say of artifacts and events must all allow. */
  readonly permissions: readonly PermissionSpec[];
  /** Host functions that it holds itself. */
  readonly functions: readonly string[];
  /** Is charged for what the other run uses. */
  readonly meter: QuotaMeter;
  /** Handlers from the first run down to this one, each as its real file and export. */
  readonly chain: readonly string[];
  /** How many runs may still follow one another below this one. */
  readonly depthLeft: number;
  /** Shared by the whole tree of runs: how many of it may be under way at once. */
  readonly places: InvokePlaces;
}
