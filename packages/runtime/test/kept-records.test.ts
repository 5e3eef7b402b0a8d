import type { ArtifactInfo, AuditRecord, OperationRecord } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { frozenCopy, KeptRecords } from '../src/kept-records.js';

const audit = (allowed: boolean): AuditRecord => ({ decision: { allowed } }) as AuditRecord;

describe('kept records', () => {
  it('are the first so many of each kind, and of decisions the denials', () => {
    const kept = new KeptRecords();
    const operation = { kind: 'write' } as unknown as OperationRecord;
    const artifact = { uri: 'artifact://a/b' } as unknown as ArtifactInfo;
    for (let index = 0; index < 1_100; index += 1) {
      kept.audit(audit(index % 2 === 0));
      kept.operation(operation);
      kept.artifact(artifact);
    }
    expect([kept.denials.length, kept.operations.length, kept.artifacts.length]).toEqual([100, 1_000, 1_000]);
    expect(kept.denials.every(({ decision }) => !decision.allowed)).toBe(true);
  });

  it('are handed out as frozen copies, and as one list where there is nothing', () => {
    const kept = new KeptRecords();
    const before = kept.denials;
    kept.audit(audit(false));
    const after = kept.denials;
    kept.audit(audit(false));
    expect([before, after.length, kept.denials.length]).toEqual([[], 1, 2]);
    expect([before, after].every(Object.isFrozen)).toBe(true);
    expect(frozenCopy(undefined)).toBe(frozenCopy([]));
  });
});
