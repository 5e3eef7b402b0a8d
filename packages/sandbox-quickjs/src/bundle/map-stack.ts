import { SourceMap } from 'node:module';
import type { GuestError, SandboxOutcome } from '@kb-labs/contracts';
import { BUNDLE_NAME } from './guest-paths.js';

/** As much as a guest may send, and what a path on Linux may have: a name takes the place of `[bundle]` in each of a stack's lines. */
const MAX_STACK = 16_384;
const MAX_NAME = 4_096;
const PLACE = new RegExp(`\\./\\[${BUNDLE_NAME.slice(1, -1)}\\]:(\\d{1,7}):(\\d{1,7})`, 'g');

/** An outcome in which stacks name the plugin's files rather than its bundle. Never throws: stacks that cannot be mapped stay as they are. */
export function mapOutcome(outcome: SandboxOutcome, { map }: { readonly map: string }): SandboxOutcome {
  if (outcome.ok || outcome.guestError === undefined || map === '') return outcome;
  try {
    return { ...outcome, guestError: mapError(outcome.guestError, lazily(map)) };
  } catch {
    // A stack is a help to its reader, and no reason for a run to have no outcome.
    return outcome;
  }
}

type FindMap = () => SourceMap;

/** Reading a map takes the host's own time, so it is read once somebody needs it. */
function lazily(map: string): FindMap {
  let read: SourceMap | undefined;
  return () => (read ??= new SourceMap(JSON.parse(map)));
}

function mapError(error: GuestError, find: FindMap): GuestError {
  const stack = error.stack === undefined ? undefined : mapStack(error.stack, find);
  return {
    ...error,
    stack: stack?.slice(0, MAX_STACK),
    cause: error.cause === undefined ? undefined : mapError(error.cause, find),
    errors: error.errors.map((part) => mapError(part, find)),
    truncated: error.truncated || (stack?.length ?? 0) > MAX_STACK,
  };
}

/** Line by line, and no further than anyone will read. */
function mapStack(stack: string, find: FindMap): string {
  let mapped = '';
  for (const line of stack.split(/(?<=\n)/)) {
    if (mapped.length > MAX_STACK) break;
    mapped += line.replaceAll(PLACE, (place, row: string, column: string) => mapPlace(place, [row, column], find));
  }
  return mapped;
}

function mapPlace(place: string, [line, column]: readonly [string, string], find: FindMap): string {
  const found = find().findEntry(Number(line) - 1, Number(column) - 1);
  return 'originalSource' in found && found.originalSource.length <= MAX_NAME
    ? `./${found.originalSource}:${found.originalLine + 1}:${found.originalColumn + 1}`
    : place;
}
