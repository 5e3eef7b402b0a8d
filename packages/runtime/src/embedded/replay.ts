import { replay as replayWith } from '@kb-labs/diagnostics';
import type { LoadedSnapshot, ReplayOptions, ReplayReport } from '@kb-labs/diagnostics';
import { createError } from '@kb-labs/contracts';
import { sharedOptionShapes } from '../shared-options.js';
import type { SandboxChoice } from '../shared-options.js';
import { EmbeddedAdapters } from './adapters.js';

/** With what to run a snapshot again. */
export interface ReplaySettings extends Omit<ReplayOptions, 'adapter'> {
  /** An adapter stays the caller's. Default `fork`, whatever it ran in: the code is no more to be trusted than it was. */
  readonly sandbox?: SandboxChoice;
}

/**
 * Runs the handler of a snapshot again in a sandbox of its own, with no authority at all: host calls are answered from the record. Tells
 * whether it came to the same end, or where it first took another way. Throws as `replay` of `@kb-labs/diagnostics` does.
 */
export async function replay(snapshot: LoadedSnapshot | string, settings: ReplaySettings): Promise<ReplayReport> {
  const { sandbox, ...options } = settings;
  const checked = sharedOptionShapes.sandbox.optional().safeParse(sandbox);
  if (!checked.success) {
    throw createError('ERR_CONFIG_INVALID', 'the option "sandbox" of replay is no sandbox', {
      details: { pointer: '/sandbox' },
      hint: 'use "fork", "in-process" or a SandboxAdapter, or leave it out',
    });
  }
  const adapters = new EmbeddedAdapters('fork');
  try {
    return await replayWith(snapshot, { ...options, adapter: adapters.find(checked.data) });
  } finally {
    await adapters.close();
  }
}
