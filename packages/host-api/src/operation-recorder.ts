import type { OperationRecord } from '@kb-labs/contracts';
import { describeText } from './describe-text.js';

/** Tells of changes that a guest made through the host, or would have made in a dry run. */
export interface OperationRecorder {
  readonly dryRun: boolean;
  /** Whether anybody listens: what a record costs is not spent for nobody. */
  readonly isHeard: boolean;
  /** Takes names as the plugin wrote them. A URL comes without user info and query: `describeTarget` leaves them out. */
  record(change: Omit<OperationRecord, 'dryRun'>): void;
}

/** Makes the recorder of one run. A listener that throws hurts nobody. */
export function createOperationRecorder(
  dryRun: boolean,
  operations: ((record: OperationRecord) => void) | undefined,
): OperationRecorder {
  return {
    dryRun,
    isHeard: operations !== undefined,
    record({ name, target, destination, before, after, reversible }) {
      const record = Object.freeze({
        name,
        target: describeText(target),
        destination: destination === undefined ? undefined : describeText(destination),
        before,
        after,
        reversible,
        dryRun,
      });
      try {
        operations?.(record);
      } catch {
        // What was changed is changed: a listener that fails must not make the call look as if it had not been.
      }
    },
  };
}
