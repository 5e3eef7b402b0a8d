import type { ArtifactInfo, AuditRecord, OperationRecord } from '@kb-labs/contracts';

/** Denials, operations and artifacts that a result holds. */
const MAX_DENIALS = 100;
const MAX_OPERATIONS = 1000;
const MAX_ARTIFACTS = 1000;

/** What a result tells of what its run did: the first so many of each kind. Lists are made for what there is. */
export class KeptRecords {
  #denials: AuditRecord[] | undefined;
  #operations: OperationRecord[] | undefined;
  #artifacts: ArtifactInfo[] | undefined;

  /** Keeps a decision that was a denial. */
  audit(record: AuditRecord): void {
    if (record.decision.allowed) return;
    const denials = (this.#denials ??= []);
    if (denials.length < MAX_DENIALS) denials.push(record);
  }

  operation(operation: OperationRecord): void {
    const operations = (this.#operations ??= []);
    if (operations.length < MAX_OPERATIONS) operations.push(operation);
  }

  artifact(artifact: ArtifactInfo): void {
    const artifacts = (this.#artifacts ??= []);
    if (artifacts.length < MAX_ARTIFACTS) artifacts.push(artifact);
  }

  /** A frozen copy, as are the others. */
  get denials(): readonly AuditRecord[] {
    return frozenCopy(this.#denials);
  }

  get operations(): readonly OperationRecord[] {
    return frozenCopy(this.#operations);
  }

  get artifacts(): readonly ArtifactInfo[] {
    return frozenCopy(this.#artifacts);
  }
}

const NONE: readonly never[] = Object.freeze([]);

/** The same empty list for all that have nothing. */
export function frozenCopy<T>(list: readonly T[] | undefined): readonly T[] {
  return list === undefined || list.length === 0 ? NONE : Object.freeze([...list]);
}
