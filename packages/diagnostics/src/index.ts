// The public names of this package, one by one.
export { createAuditLog } from './audit-log.js';
export type { AuditLog, AuditStats } from './audit-log.js';
export type { AuditLogOptions } from './audit-options.js';
export { summariseAudit } from './audit-summary.js';
export type { AuditCount, AuditSummary, AuditTarget } from './audit-summary.js';
export { SNAPSHOT_FORMAT } from './snapshot.js';
export type {
  LoadedSnapshot,
  Snapshot,
  SnapshotAuthority,
  SnapshotCall,
  SnapshotFacts,
  SnapshotOutcome,
  SnapshotResult,
} from './snapshot.js';
export { decodeSnapshotValue } from './snapshot-decode.js';
export type { BodySource } from './snapshot-decode.js';
export { diffSnapshots } from './snapshot-diff.js';
export type { SnapshotDifference, SnapshotDiffOptions } from './snapshot-diff.js';
export { loadBodies, loadSnapshot } from './snapshot-load.js';
export type { SnapshotReference } from './snapshot-load.js';
export { createSnapshotRecorder } from './snapshot-recorder.js';
export type { SnapshotRecorder, SnapshotRecorderOptions, SnapshotRecorderStats } from './snapshot-recorder.js';
export { listSnapshots, searchSnapshots } from './snapshot-search.js';
export type { SnapshotList, SnapshotQuery, SnapshotSearch, SnapshotSummary } from './snapshot-search.js';
export { replay } from './replay.js';
export type { ReplayOptions } from './replay-options.js';
export type { ReplayCall, ReplayDivergence, ReplayOutcome, ReplayReport } from './replay-report.js';
export type { Trace, TraceAttributes, TraceSpan } from './trace.js';
export { toChromeTrace } from './trace-chrome.js';
export type { ChromeTrace, ChromeTraceEvent } from './trace-chrome.js';
export { formatTraceparent, parseTraceparent } from '@kb-labs/contracts';
export type { TraceContext } from '@kb-labs/contracts';
export { createTraceRecorder } from './trace-recorder.js';
export type { TraceRecorder, TraceRecorderOptions, TraceRecorderStats } from './trace-recorder.js';
export { renderTraceTree } from './trace-tree.js';
export type { TraceTreeOptions } from './trace-tree.js';
