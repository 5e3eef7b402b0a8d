import { mkdtempSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createAnalytics, jsonLinesSink } from '@kb-labs/analytics';
import type { Analytics } from '@kb-labs/analytics';
import {
  createAuditLog,
  createSnapshotRecorder,
  createTerminalPresenter,
  createTraceRecorder,
} from '@kb-labs/plugin-runtime';
import type { PluginContextOptions, RuntimeOptions, SnapshotRecorder, Trace } from '@kb-labs/plugin-runtime';

/** Everything that may be written down of a run, and where it ends up. */
export interface Archive extends AsyncDisposable {
  readonly folder: string;
  readonly analytics: Analytics;
  readonly snapshots: SnapshotRecorder;
  readonly traceOf: (traceId: string) => Trace | undefined;
  /** For the runtime: what it shares among its runs. */
  readonly runtime: RuntimeOptions;
  /** For each context: who is told of its runs, and who shows what they say. */
  readonly context: Pick<PluginContextOptions, 'observers' | 'presenter'>;
  /** What the presenter has shown. */
  readonly shown: () => string;
  /** Each file that was written, with what it holds. */
  readonly files: () => Promise<Readonly<Record<string, string>>>;
}

/** Opens all of it in a folder of its own. Each part knows these secrets, and is asked to keep all that it may. */
export function openArchive(secrets: readonly string[] = []): Archive {
  const folder = mkdtempSync(join(tmpdir(), 'kb-labs-archive-'));
  const redaction = { secrets };
  const audit = createAuditLog({ file: join(folder, 'audit/decisions.jsonl'), sampleAllows: 1, redaction });
  const sink = jsonLinesSink({ file: join(folder, 'analytics/records.jsonl') });
  const payloads = ['input', 'output', 'errors', 'logs', 'progress', 'targets', 'arguments', 'answers'] as const;
  const analytics = createAnalytics({ sinks: [sink], redaction, payloads });
  const snapshots = createSnapshotRecorder({ directory: join(folder, 'snapshots'), include: 'all', redaction });
  const traces = createTraceRecorder({ redaction });
  const chunks: string[] = [];
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  const presenter = createTerminalPresenter({ stdout });
  const said: string[] = [];
  return {
    folder,
    analytics,
    snapshots,
    traceOf: (traceId) => traces.find(traceId),
    runtime: { audit, analytics, logLevel: 'debug', logSink: (record) => void said.push(JSON.stringify(record)) },
    context: { observers: [analytics.observer(), snapshots, traces], presenter },
    shown: () => chunks.join(''),
    async files() {
      await Promise.all([audit.flush(), analytics.flush(), snapshots.settled()]);
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      const texts = await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const));
      return { ...Object.fromEntries(texts), 'log of the runtime': said.join('\n') };
    },
    async [Symbol.asyncDispose]() {
      presenter[Symbol.dispose]();
      for (const part of [audit, analytics, snapshots]) await part[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
