import { SourceMap } from 'node:module';
import type { GuestError, SandboxOutcome } from '@kb-labs/contracts';
import { BUNDLE_NAME } from './guest-paths.js';

/** An outcome in which stacks name the plugin's files rather than its bundle. */
export function mapOutcome(outcome: SandboxOutcome, { map }: { readonly map: string }): SandboxOutcome {
  if (outcome.ok || outcome.guestError === undefined || map === '') return outcome;
  // esbuild made it, of sources that it could read.
  const sourceMap = new SourceMap(JSON.parse(map));
  return { ...outcome, guestError: mapError(outcome.guestError, sourceMap) };
}

function mapError(error: GuestError, map: SourceMap): GuestError {
  return {
    ...error,
    stack: error.stack === undefined ? undefined : mapStack(error.stack, map),
    cause: error.cause === undefined ? undefined : mapError(error.cause, map),
    errors: error.errors.map((part) => mapError(part, map)),
  };
}

const PLACE = new RegExp(`\\./\\[${BUNDLE_NAME.slice(1, -1)}\\]:(\\d{1,7}):(\\d{1,7})`, 'g');

function mapStack(stack: string, map: SourceMap): string {
  return stack.replaceAll(PLACE, (place, line: string, column: string) => {
    const found = map.findEntry(Number(line) - 1, Number(column) - 1);
    return 'originalSource' in found
      ? `./${found.originalSource}:${found.originalLine + 1}:${found.originalColumn + 1}`
      : place;
  });
}
