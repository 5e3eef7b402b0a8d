import type { LookBack } from '../src/look-back.js';

/** What is left where nothing was run. */
export const EMPTY_BACK: LookBack = {
  trace: undefined,
  audit: { allowed: 0, denied: 0, executions: 0, byKind: {}, byPlugin: {}, targets: [], malformed: 0 },
  auditKept: true,
  tracked: [],
  heard: [],
  snapshots: { count: 0, masked: 0, replay: undefined },
  recorded: '',
  artifacts: [],
  problems: [],
};
