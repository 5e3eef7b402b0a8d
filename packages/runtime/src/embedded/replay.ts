import { replay as replayWith } from '@kb-labs/diagnostics';
import type { LoadedSnapshot, ReplayOptions, ReplayReport } from '@kb-labs/diagnostics';
import { createError } from '@kb-labs/contracts';
import { EmbeddedAdapters } from './adapters.js';

/** With what to run a snapshot again. */
export interface ReplaySettings extends Omit<ReplayOptions, 'adapter'> {
  /** Default `fork`, whatever it ran in: the code of a snapshot is no more to be trusted than it was. */
  readonly sandbox?: 'fork' | 'in-process';
}

/**
 * Runs the handler of a snapshot again in a sandbox of its own, with no authority at all: host calls are answered from the record. Tells
 * whether it came to the same end, or where it first took another way. Throws as `replay` of `@kb-labs/diagnostics` does.
 */
export async function replay(snapshot: LoadedSnapshot | string, settings: ReplaySettings): Promise<ReplayReport> {
  const { sandbox, ...options } = settings;
  if (sandbox !== undefined && sandbox !== 'fork' && sandbox !== 'in-process') {
    throw createError('ERR_CONFIG_INVALID', 'the option "sandbox" of replay is neither "fork" nor "in-process"', {
      details: { pointer: '/sandbox' },
      hint: 'for an adapter of your own, use replay of @kb-labs/diagnostics',
    });
  }
  const adapters = new EmbeddedAdapters('fork');
  try {
    return await replayWith(snapshot, { ...options, adapter: adapters.find(sandbox ?? 'fork') });
  } finally {
    await adapters.close();
  }
}
