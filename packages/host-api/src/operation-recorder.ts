import type { OperationRecord } from '@kb-labs/contracts';
import { describeText } from './describe-text.js';

/** Tells of changes that a guest made through the host, or would have made in a dry run. */
export interface OperationRecorder {
  readonly dryRun: boolean;
  /** Takes names as the plugin wrote them. A URL comes without user info and query: `describeTarget` leaves them out. */
  record(change: Omit<OperationRecord, 'dryRun'>): void;
}

/** Makes the recorder of one run. */
export function createOperationRecorder(
  dryRun: boolean,
  operations: (record: OperationRecord) => void,
): OperationRecorder {
  return {
    dryRun,
    record({ name, target, destination, before, after, reversible }) {
      operations(
        Object.freeze({
          name,
          target: describeText(target),
          destination: destination === undefined ? undefined : describeText(destination),
          before,
          after,
          reversible,
          dryRun,
        }),
      );
    },
  };
}
