import { readdir } from 'node:fs/promises';
import { createError } from '@kb-labs/contracts';
import { z } from 'zod';
import { absolutePath, parseOptions } from './options.js';
import { fileOf, idOfFileName, timeOfId } from './snapshot-id.js';
import { loadSnapshotText } from './snapshot-load.js';
import { escapeObeyed } from './snapshot-text.js';
import type { LoadedSnapshot } from './snapshot.js';

/** Which snapshots to list. Every condition must hold. */
export interface SnapshotQuery {
  /** When it was written, in milliseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
  /** The newest so many. Default 100. */
  readonly limit?: number;
}

/** Which snapshots to search for. Every condition must hold. */
export interface SnapshotSearch extends SnapshotQuery {
  readonly pluginId?: string;
  readonly executionId?: string;
  readonly traceId?: string;
  readonly ok?: boolean;
  /** Of the result or of a host call. */
  readonly code?: string;
  /** The name of a host function that was called. */
  readonly call?: string;
  /** Anywhere in the snapshot, bodies in files of their own excepted; case makes no difference. */
  readonly text?: string;
}

/** A snapshot at a glance. */
export interface SnapshotSummary {
  readonly id: string;
  readonly file: string;
  readonly startTime: number;
  readonly pluginId: string;
  readonly executionId: string;
  readonly traceId: string;
  readonly handler: string;
  /** `undefined` where the run came through. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly calls: number;
  readonly masked: number;
  readonly cut: number;
}

/** What was found, newest first, and what was passed over because it could not be read. */
export interface SnapshotList {
  readonly snapshots: readonly SnapshotSummary[];
  readonly unreadable: readonly { readonly file: string; readonly problem: string }[];
}

const QUERY = {
  since: z.number().optional(),
  until: z.number().optional(),
  limit: z.int().min(1).max(100_000).default(100),
};
const SEARCH = {
  ...QUERY,
  pluginId: z.string().optional(),
  executionId: z.string().optional(),
  traceId: z.string().optional(),
  ok: z.boolean().optional(),
  code: z.string().optional(),
  call: z.string().optional(),
  text: z.string().max(4096).optional(),
};

/** Lists the snapshots in a folder; one that is not there has none. Throws `ERR_CONFIG_INVALID` for a query that means nothing. */
export async function listSnapshots(directory: string, query: SnapshotQuery = {}): Promise<SnapshotList> {
  return await scan(directory, parseOptions(z.strictObject(QUERY), query));
}

/** Reads every snapshot in a folder that is in question. Throws `ERR_CONFIG_INVALID` for a search that means nothing. */
export async function searchSnapshots(directory: string, search: SnapshotSearch): Promise<SnapshotList> {
  return await scan(directory, parseOptions(z.strictObject(SEARCH), search));
}

type Conditions = { [Name in keyof SnapshotSearch]: SnapshotSearch[Name] | undefined } & { readonly limit: number };

async function scan(directory: string, conditions: Conditions): Promise<SnapshotList> {
  const snapshots: SnapshotSummary[] = [];
  const unreadable: { readonly file: string; readonly problem: string }[] = [];
  const { since = 0, until = Number.POSITIVE_INFINITY, limit } = conditions;
  for (const id of await idsIn(parseOptions(absolutePath, directory))) {
    if (snapshots.length >= limit) break;
    if (timeOfId(id) < since || timeOfId(id) > until) continue;
    const file = fileOf(directory, id);
    try {
      const { snapshot, text } = await loadSnapshotText(file);
      if (matches(snapshot, text, conditions)) snapshots.push(summaryOf(snapshot));
    } catch (error) {
      unreadable.push({ file, problem: error instanceof Error ? error.message : String(error) });
    }
  }
  return { snapshots, unreadable };
}

/** Newest first. */
async function idsIn(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory);
    return names.flatMap((name) => idOfFileName(name) ?? []).toSorted((a, b) => (a < b ? 1 : -1));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw createError('ERR_IO_FAILED', `the folder ${directory} cannot be listed`, {
      cause: error,
      details: { directory },
      hint: 'give the folder that createSnapshotRecorder was given, as a user who may read it',
    });
  }
}

function matches({ stamp, result, calls }: LoadedSnapshot, content: string, wanted: Conditions): boolean {
  const codes = [
    ...(result.ok ? [] : [result.code]),
    ...calls.flatMap(({ outcome }) => (outcome.ok ? [] : [outcome.code])),
  ];
  const { pluginId, executionId, traceId, ok, code, call, text } = wanted;
  return (
    (pluginId === undefined || stamp.pluginId === pluginId) &&
    (executionId === undefined || stamp.executionId === executionId) &&
    (traceId === undefined || stamp.traceId === traceId) &&
    (ok === undefined || result.ok === ok) &&
    (code === undefined || codes.some((found) => found === code)) &&
    (call === undefined || calls.some(({ name }) => name === call)) &&
    (text === undefined || content.toLowerCase().includes(asWritten(text)))
  );
}

/** As a text stands in a snapshot. */
function asWritten(text: string): string {
  return escapeObeyed(JSON.stringify(text).slice(1, -1)).toLowerCase();
}

function summaryOf({
  id,
  file,
  startTime,
  stamp,
  request,
  result,
  calls,
  masked,
  cut,
}: LoadedSnapshot): SnapshotSummary {
  const { pluginId, executionId, traceId } = stamp;
  return {
    id,
    file,
    startTime,
    pluginId,
    executionId,
    traceId,
    handler: request.handler,
    code: result.ok ? undefined : result.code,
    message: result.ok ? undefined : result.message,
    calls: calls.length,
    masked,
    cut,
  };
}
