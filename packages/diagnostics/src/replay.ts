import { createAbortError, createError } from '@kb-labs/contracts';
import type { JsonValue, SandboxOutcome } from '@kb-labs/contracts';
import { createMasker } from '@kb-labs/redaction';
import { canonicalJson } from './canonical-json.js';
import { decodeSnapshotValue } from './snapshot-decode.js';
import { SnapshotEncoder } from './snapshot-encode.js';
import { loadBodies, loadSnapshot } from './snapshot-load.js';
import { checkSnapshot } from './snapshot-schema.js';
import type { LoadedSnapshot, SnapshotAuthority } from './snapshot.js';
import { knownFunctions, replayLimits } from './replay-bounds.js';
import { callOf, RecordedHost } from './replay-host.js';
import { parseReplayOptions } from './replay-options.js';
import type { ParsedReplayOptions, ReplayOptions } from './replay-options.js';
import { findModules } from './replay-plugin.js';
import type { ReplayModules } from './replay-plugin.js';
import type { ReplayDivergence, ReplayOutcome, ReplayReport } from './replay-report.js';

/**
 * Runs the handler of a snapshot again, with its own input and no authority at all: host calls are answered from the record, and nothing is
 * read, sent or written. Tells the first thing in which handler and schemas of the plugin were not like the record. Throws
 * `ERR_CONFIG_INVALID` for an option that could not work, `ERR_INVALID_ARGUMENT` for a run that never came to its handler or whose input was
 * not kept, and what `loadSnapshot` and `adapter.acquire` throw.
 */
export async function replay(snapshot: LoadedSnapshot | string, given: ReplayOptions): Promise<ReplayReport> {
  const options = parseReplayOptions(given);
  const loaded = typeof snapshot === 'string' ? await loadSnapshot(snapshot) : recheck(snapshot);
  const { authority } = loaded;
  const returned = handlerReturned(loaded);
  if (authority === undefined || returned === undefined) throw unfit('the run ended before its handler began');
  const env = pickEnv(authority, options.env);
  const missingEnv = authority.env.filter((name) => !Object.hasOwn(env, name));
  const facts = { answered: 0, masked: loaded.masked, missingEnv, failedLater: failedLater(loaded, returned) };
  const modules = await findModules(options.pluginRoot, authority, options.anyVersion);
  if ('kind' in modules) return { ...facts, same: false, divergence: modules };
  return { ...facts, ...(await run({ snapshot: loaded, authority, modules, options, env, returned })) };
}

/** It may have come from anywhere since it was loaded. */
function recheck({ file, ...snapshot }: LoadedSnapshot): LoadedSnapshot {
  return { ...checkSnapshot(snapshot), file };
}

interface Replaying {
  readonly snapshot: LoadedSnapshot;
  readonly authority: SnapshotAuthority;
  readonly modules: ReplayModules;
  readonly options: ParsedReplayOptions;
  readonly env: Readonly<Record<string, string>>;
  /** Whether the handler of the record returned: what failed then was none of its own. */
  readonly returned: boolean;
}

type Verdict = { readonly answered: number } & (
  | { readonly same: true; readonly outcome: ReplayOutcome }
  | { readonly same: false; readonly divergence: ReplayDivergence }
);

async function run({ snapshot, authority, modules, options, env, returned }: Replaying): Promise<Verdict> {
  const bodies = await loadBodies(snapshot);
  const masker = createMasker(options.redaction, '/redaction');
  const encoder = new SnapshotEncoder({ masker, maxBodyBytes: snapshot.maxBodyBytes, keep: () => undefined });
  const diverged = new AbortController();
  let divergence: ReplayDivergence | undefined;
  const onDivergence = (found: ReplayDivergence): void => {
    divergence ??= found;
    diverged.abort();
  };
  const signal = AbortSignal.any([diverged.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const input = decodeInput(snapshot, bodies);
  // What was read before takes time, and an adapter may wait for an abort that has been.
  if (signal.aborted) throw createAbortError('the replay was aborted', signal);
  using host = new RecordedHost({ snapshot, bodies, encoder, env, onDivergence });
  await using place = await options.adapter.acquire({
    plugin: { ...authority.plugin, root: modules.root },
    limits: replayLimits(authority.quotas, options.timeoutMs),
    env,
    // Of its own: no child that serves a run with authority may serve this one, or the other way round.
    policyDigest: `replay:${authority.policyDigest}`,
    isolation: { kind: 'execution' },
    signal,
  });
  const outcome = await place.run(
    {
      executionId: snapshot.stamp.executionId,
      handler: modules.handler,
      inputSchema: modules.inputSchema,
      outputSchema: modules.outputSchema,
      outputParts: modules.outputParts,
      input,
      api: knownFunctions(authority.functions),
      signal,
    },
    host,
  );
  if (options.signal?.aborted === true) throw createAbortError('the replay was aborted', options.signal);
  const { answered } = host;
  if (divergence !== undefined) return { answered, same: false, divergence };
  return { answered, ...compareOutcomes(outcomeOf(outcome, encoder), recordedOutcome(snapshot, returned), host) };
}

function compareOutcomes(
  actual: ReplayOutcome,
  expected: ReplayOutcome,
  host: RecordedHost,
):
  | { readonly same: true; readonly outcome: ReplayOutcome }
  | { readonly same: false; readonly divergence: ReplayDivergence } {
  const missing = host.missing();
  if (missing !== undefined) {
    const divergence = { kind: 'missing-call', call: missing.call, expected: callOf(missing), actual } as const;
    return { same: false, divergence };
  }
  if (isSame(expected, actual)) return { same: true, outcome: actual };
  return { same: false, divergence: { kind: 'outcome', expected, actual } };
}

function isSame(expected: ReplayOutcome, actual: ReplayOutcome): boolean {
  if (!expected.ok || !actual.ok) {
    if (expected.ok || actual.ok || expected.code !== actual.code) return false;
    return expected.error?.name === actual.error?.name && expected.error?.message === actual.error?.message;
  }
  if (expected.value === undefined || actual.value === undefined) return true;
  return canonicalJson(expected.value) === canonicalJson(actual.value);
}

function outcomeOf(outcome: SandboxOutcome, encoder: SnapshotEncoder): ReplayOutcome {
  if (outcome.ok) return { ok: true, value: encoder.encode(outcome.value) };
  return { ok: false, code: outcome.error.code, error: errorOf(encoder.facts(outcome.guestError)) };
}

/** The handler's own end. What the host made of its output, and what failed with that, is not replayed. */
function recordedOutcome({ result, handled }: LoadedSnapshot, returned: boolean): ReplayOutcome {
  if (returned && handled.output !== undefined) return { ok: true, value: handled.output };
  if (result.ok) return { ok: true, value: result.data };
  if (returned) return { ok: true, value: undefined };
  return { ok: false, code: result.code, error: errorOf(result.error['error']) };
}

function failedLater({ result }: LoadedSnapshot, returned: boolean): ReplayReport['failedLater'] {
  if (result.ok || !returned) return undefined;
  const { code, message, stage } = result;
  return { code, message, stage };
}

function errorOf(error: JsonValue | undefined): { readonly name: string; readonly message: string } | undefined {
  if (typeof error !== 'object' || error === null || !('name' in error) || !('message' in error)) return undefined;
  const { name, message } = error;
  return typeof name === 'string' && typeof message === 'string' ? { name, message } : undefined;
}

/** `undefined` where it never began. */
function handlerReturned({ stages }: LoadedSnapshot): boolean | undefined {
  const handler = stages.find(({ stage }) => stage === 'handler');
  return handler === undefined ? undefined : handler['code'] === undefined;
}

function decodeInput(snapshot: LoadedSnapshot, bodies: (sha256: string) => Uint8Array | undefined): unknown {
  try {
    const { handled, request } = snapshot;
    return decodeSnapshotValue(handled.input === undefined ? request.input : handled.input, bodies);
  } catch (error) {
    throw unfit('its input was not kept whole', error);
  }
}

function pickEnv(authority: SnapshotAuthority, env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    authority.env.flatMap((name): [string, string][] => {
      const value = Object.hasOwn(env, name) ? env[name] : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function unfit(problem: string, cause?: unknown): Error {
  return createError('ERR_INVALID_ARGUMENT', `the snapshot cannot be run again: ${problem}`, {
    cause,
    hint: 'take snapshots with a larger maxBodyBytes and maxBytes, and replay those whose handler began',
  });
}
