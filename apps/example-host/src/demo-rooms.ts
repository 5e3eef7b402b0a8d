import { join } from 'node:path';
import {
  createAnalytics,
  createAuditLog,
  createEventBus,
  createFileArtifactStore,
  createRuntime,
  createSnapshotRecorder,
  createTraceRecorder,
  forkSandbox,
  memorySink,
} from '@kb-labs/plugin-runtime';
import type {
  ArtifactStore,
  AuditLog,
  EventEnvelope,
  ExecuteResult,
  ExecutionObserver,
  MemorySink,
  PluginRegistry,
  Runtime,
  RuntimeOptions,
  TraceRecorder,
} from '@kb-labs/plugin-runtime';
import type { DemoOptions } from './command-line.js';

/** A runtime with everything that it can be joined to. Disposing ends what runs and closes all of it. */
export interface DemoRooms extends AsyncDisposable {
  readonly runtime: Runtime;
  readonly artifactStore: ArtifactStore;
  readonly traces: TraceRecorder;
  readonly snapshotFolder: string;
  readonly auditFile: string;
  readonly tracked: MemorySink;
  /** What plugins told everybody on the host, in its order. */
  readonly heard: readonly EventEnvelope[];
  /** How every run ended, also those that plugins have invoked. */
  readonly ended: readonly ExecuteResult[];
  /** Waits until everything that has happened is where it is to be kept, and tells whether no decision was lost. */
  settle(): Promise<boolean>;
}

/** What the rooms need besides what the command line says. */
export interface DemoRoomsOptions {
  readonly registry: PluginRegistry;
  /** A folder for records that go with the demo. */
  readonly records: string;
}

/** A forked guest gets this long after an abort, and 50 ms of it after SIGTERM, so that all are gone within a second of Ctrl-C. */
const GRACE_MS = 150;
/** Most runs wait for something most of the time: for the disk, for each other, for a timeout. */
const MAX_CONCURRENCY = 8;

/** Opens all rooms. Nothing is written before something runs. */
export function openDemoRooms(options: DemoOptions, { registry, records }: DemoRoomsOptions): DemoRooms {
  const snapshotFolder = join(records, 'snapshots');
  const auditFile = join(records, 'audit.jsonl');
  const artifactStore = createFileArtifactStore({ directory: options.artifacts });
  const traces = createTraceRecorder();
  const snapshots = createSnapshotRecorder({ directory: snapshotFolder, include: 'all', maxBodyBytes: 0 });
  const audit = createAuditLog({ file: auditFile, sampleAllows: 1 });
  const tracked = memorySink();
  const ended: ExecuteResult[] = [];
  const analytics = createAnalytics({ sinks: [tracked] });
  const events = createEventBus();
  const heard: EventEnvelope[] = [];
  const port = events.openHostPort();
  port.subscribe('**', (event) => heard.push(event), { scope: 'host' });
  const runtime = createRuntime({
    ...sandboxOf(options),
    registry,
    artifactStore,
    events,
    analytics,
    audit,
    // Nothing runs whose decisions could not be looked up afterwards.
    auditRequired: true,
    observers: [traces, snapshots, analytics.observer(), collectEnds(ended)],
    graceMs: GRACE_MS,
    maxConcurrency: MAX_CONCURRENCY,
  });
  return {
    runtime,
    artifactStore,
    traces,
    snapshotFolder,
    auditFile,
    tracked,
    heard,
    ended,
    async settle() {
      await Promise.all([port[Symbol.asyncDispose](), analytics.flush(), snapshots.settled()]);
      return await keepsAll(audit);
    },
    async [Symbol.asyncDispose]() {
      // The runtime first: what it ends still has something to say to the others.
      for (const room of [runtime, events, snapshots, audit, analytics]) await room[Symbol.asyncDispose]();
    },
  };
}

function collectEnds(ended: ExecuteResult[]): ExecutionObserver {
  return {
    observe(event) {
      if (event.type === 'execution-end') ended.push(event.result);
    },
  };
}

async function keepsAll(audit: AuditLog): Promise<boolean> {
  try {
    await audit.flush();
    return true;
  } catch {
    // Which of them were lost stands nowhere: that some were is what counts.
    return false;
  }
}

function sandboxOf({
  sandbox,
  wall,
}: DemoOptions): Pick<RuntimeOptions, 'sandbox' | 'requiredConfinement' | 'hostApi'> {
  if (sandbox === 'in-process') return { sandbox, requiredConfinement: 'none' };
  return {
    sandbox: forkSandbox({ wall }),
    requiredConfinement: wall === 'required' ? 'wall' : 'guard',
    // Commands have the wall that handlers have.
    hostApi: { shell: { wall } },
  };
}
