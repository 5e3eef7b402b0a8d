import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createPluginContext,
  isPluginError,
  listSnapshots,
  replay,
  summariseAudit,
  toChromeTrace,
  writeArtifact,
} from '@kb-labs/plugin-runtime';
import type {
  AnalyticsRecord,
  ArtifactInfo,
  AuditSummary,
  EventEnvelope,
  ReplayReport,
  Trace,
} from '@kb-labs/plugin-runtime';
import type { DemoOptions } from './command-line.js';
import type { DemoRooms } from './demo-rooms.js';
import type { LoadedPlugins } from './load-plugins.js';
import type { RunReport } from './run-plugins.js';

/** What is left of the runs when they are over. */
export interface LookBack {
  /** Of the digest, with the run that it invoked; absent where there was none. */
  readonly trace: Trace | undefined;
  readonly audit: AuditSummary;
  /** Whether every decision was kept. */
  readonly auditKept: boolean;
  readonly tracked: readonly AnalyticsRecord[];
  /** What plugins told everybody on the host. */
  readonly heard: readonly EventEnvelope[];
  readonly snapshots: { readonly count: number; readonly masked: number; readonly replay: ReplayReport | undefined };
  /** All that was recorded, as text, to be searched for what may not stand there. */
  readonly recorded: string;
  /** What was stored since the demo began. */
  readonly artifacts: readonly ArtifactInfo[];
  /** What could not be read back or stored. */
  readonly problems: readonly string[];
}

/** What is looked back on. */
export interface LookBackOptions {
  readonly options: DemoOptions;
  readonly rooms: DemoRooms;
  readonly records: string;
  readonly loaded: LoadedPlugins;
  readonly reports: readonly RunReport[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

const HOST = { id: 'example-host', version: '0.1.0' } as const;
const REPLAYED = 'code-review (sample)';

/** Reads what the rooms have kept, runs one snapshot again, and stores trace and decisions as artifacts of the host. */
export async function lookBack(given: LookBackOptions): Promise<LookBack> {
  const { rooms, records, reports } = given;
  const auditKept = await rooms.settle();
  const digest = reports.find(({ label }) => label === 'release-digest')?.result;
  const trace = digest === undefined ? undefined : rooms.traces.find(digest.traceId);
  const problems: string[] = [];
  const tryTo = async <Value>(work: () => Promise<Value>, otherwise: Value): Promise<Value> => {
    try {
      return await work();
    } catch (error) {
      if (!isPluginError(error)) throw error;
      problems.push(error.message);
      return otherwise;
    }
  };
  await tryTo(() => storeRecords(given, trace), undefined);
  return {
    trace,
    // Where nothing was run, nothing was decided, and there is no log.
    audit: await summariseAudit(existsSync(rooms.auditFile) ? rooms.auditFile : []),
    auditKept,
    tracked: rooms.tracked.records(),
    heard: rooms.heard,
    snapshots: await tryTo(() => replayOne(given), { count: 0, masked: 0, replay: undefined }),
    recorded: await readAll(records),
    artifacts: await tryTo(() => listStored(given), []),
    problems,
  };
}

async function replayOne({ options, rooms, loaded, reports }: LookBackOptions): Promise<LookBack['snapshots']> {
  const { snapshots } = await listSnapshots(rooms.snapshotFolder);
  const run = reports.find(({ label }) => label === REPLAYED);
  const snapshot = snapshots.find(({ executionId }) => executionId === run?.result?.executionId);
  const plugin = loaded.plugins.find(({ manifest }) => manifest.id === run?.pluginId);
  const counts = { count: snapshots.length, masked: snapshots.reduce((sum, { masked }) => sum + masked, 0) };
  if (snapshot === undefined || plugin === undefined) return { ...counts, replay: undefined };
  return { ...counts, replay: await replay(snapshot.file, { pluginRoot: plugin.root, sandbox: options.sandbox }) };
}

/** Under names of their own, so that each demo replaces what the one before has left. In a dry run nothing is kept. */
async function storeRecords({ options, rooms }: LookBackOptions, trace: Trace | undefined): Promise<void> {
  const { artifactStore, auditFile } = rooms;
  const context = createPluginContext({
    capabilities: [],
    permissions: {},
    plugin: HOST,
    artifactStore,
    dryRun: options.dryRun,
  });
  if (trace !== undefined) await writeArtifact(context, toChromeTrace(trace), { path: 'traces/release-digest.json' });
  if (existsSync(auditFile)) {
    await writeArtifact(context, await readFile(auditFile, 'utf8'), { path: 'audit/latest.jsonl' });
  }
}

async function listStored({ rooms, loaded, startedAt }: LookBackOptions): Promise<readonly ArtifactInfo[]> {
  const ids = [...new Set([...loaded.plugins.map(({ manifest }) => manifest.id), HOST.id])];
  const found: ArtifactInfo[] = [];
  for (const id of ids) {
    for await (const info of rooms.artifactStore.list(id)) if (info.createdAt >= startedAt) found.push(info);
  }
  return found;
}

async function readAll(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return texts.join('\n');
}
