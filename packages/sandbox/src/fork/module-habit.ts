import type { SandboxOutcome } from '@kb-labs/contracts';
import type { PreloadCall } from '../wire/host-peer.js';

/** What the runs of one key load, and whether a spare may load that ahead of the next one. */
export interface ModuleHabit {
  note(call: PreloadCall, outcome: SandboxOutcome): void;
  /** What to load ahead: what the last runs had in common. `undefined` where they differ, where they went wrong, or where it did harm. */
  wanted(): PreloadCall | undefined;
  /** Loading it ahead failed, or what was loaded did not keep quiet: it must run well for long before that is tried again. */
  noteHarm(): void;
  /** A spare had loaded what its run does not need. */
  noteMiss(): void;
}

/** Runs in a row that must load the same, and end well, before it is loaded ahead. */
const FEWEST_RUNS = 2;
const AFTER_HARM = 32;
const MOST_RUNS = 1_024;

/** Makes one that wants nothing yet. */
export function createModuleHabit(): ModuleHabit {
  let last: { readonly key: string; readonly call: PreloadCall } | undefined;
  let inARow = 0;
  let needed = FEWEST_RUNS;
  const demand = (more: number): void => {
    needed = Math.min(MOST_RUNS, more);
    inARow = 0;
  };
  return {
    note(call, outcome) {
      const key = moduleKeyOf(call);
      inARow = isRegular(outcome) ? (key === last?.key ? inARow + 1 : 1) : 0;
      if (key !== last?.key) last = { key, call: pickModules(call) };
    },
    wanted: () => (inARow >= needed ? last?.call : undefined),
    noteHarm: () => demand(Math.max(AFTER_HARM, needed * 2)),
    noteMiss: () => demand(needed * 2),
  };
}

/** Names what a run needs of its realm before it begins: modules, by file, and whether there is a `fetch`. */
export function moduleKeyOf(call: PreloadCall): string {
  const hasFetch = call.api.length > 0 && call.api.some((name) => name.startsWith('net.'));
  return JSON.stringify([hasFetch, ...moduleFilesOf(call)]);
}

/** In the order in which they are loaded. */
export function moduleFilesOf({ handler, inputSchema, outputSchema, outputParts }: PreloadCall): readonly string[] {
  const files = [handler.file];
  // Each run in a process that stays asks twice.
  if (inputSchema !== undefined) files.push(inputSchema.file);
  if (outputSchema !== undefined) files.push(outputSchema.file);
  for (const { schema } of outputParts) files.push(schema.file);
  return files;
}

/** Without the input, which is the run's own. */
function pickModules({ handler, inputSchema, outputSchema, outputParts, api }: PreloadCall): PreloadCall {
  return { handler, inputSchema, outputSchema, outputParts, api };
}

/** It came to an end of its own: what it loaded is there, and its process lived. */
export function isRegular(outcome: SandboxOutcome): boolean {
  if (outcome.ok) return true;
  const { code } = outcome.error;
  const byItself = code === 'ERR_HANDLER_FAILED' || code === 'ERR_INPUT_INVALID' || code === 'ERR_OUTPUT_INVALID';
  return byItself && outcome.phase !== 'load';
}
