import { createError } from '@kb-labs/contracts';
import type { ArtifactDeclaration, ArtifactStore, QuotaMeter } from '@kb-labs/contracts';
import { createSignalLinks, untilAborted } from '../abort.js';
import type { ArtifactOutlet } from '../artifact-outlet.js';
import type { Job } from '../request.js';
import type { Run } from '../run.js';
import type { Prepared } from './prepare.js';

/** What the artifacts of one execution are, before the handler runs: their declarations and the values of their paths. */
export interface ArtifactPlan {
  readonly declarations: readonly ArtifactDeclaration[];
  readonly variables: Readonly<Record<string, string>>;
}

/** Fixes the names of the artifacts, so that a template that cannot be rendered fails before anything runs. `undefined` where there are none. */
export function planArtifacts(
  run: Run,
  job: Job,
  options: { prepared: Prepared; outlet: ArtifactOutlet },
): ArtifactPlan | undefined {
  const declarations = options.prepared.manifest?.artifacts ?? [];
  if (declarations.length === 0) return undefined;
  const now = new Date(run.clock.now()).toISOString();
  const variables = {
    ...job.settings.templateVariables,
    pluginId: run.identity.pluginId,
    runId: run.identity.executionId,
    // Without colons, which Windows does not take in a file name: 20260131T235959123Z.
    ts: now.replaceAll(/[-:.]/gu, ''),
    date: now.slice(0, 10),
    profile: job.settings.profile ?? 'default',
  };
  options.outlet.check(declarations, variables);
  return { declarations, variables };
}

/** What one execution stores, and where. */
interface ArtifactWork {
  readonly plan: ArtifactPlan;
  readonly output: unknown;
  readonly outlet: ArtifactOutlet;
  readonly store: () => ArtifactStore;
  readonly meter: QuotaMeter;
}

/** A store may take this long for the artifacts of one execution, or as long as its handler might have run. */
const LONGEST_MS = 10_000;

/** Writes what the manifest declares out of the output. Throws `ERR_TIMEOUT` where the store does not answer, and does not wait for it on. */
export async function writeArtifacts(run: Run, work: ArtifactWork): Promise<void> {
  const { plan, output, outlet, store, meter } = work;
  const limitMs = Math.max(LONGEST_MS, meter.limits.timeoutMs);
  const late = new AbortController();
  using linked = createSignalLinks().link([run.signal, late.signal]);
  const timer = setTimeout(() => late.abort(storeTimeout(limitMs)), limitMs);
  try {
    const { pluginId } = run.identity;
    const written = await untilAborted(
      outlet.write({ ...plan, output, store: store(), pluginId, meter, signal: linked.signal }),
      linked,
    );
    for (const artifact of written) run.artifact(artifact);
  } catch (error) {
    throw late.signal.aborted && !run.line.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

function storeTimeout(limitMs: number): Error {
  return createError('ERR_TIMEOUT', `the artifact store has not answered within ${limitMs} ms`, {
    details: { limitMs },
    hint: 'look at the store, or raise quotas.timeoutMs where it needs longer',
  });
}
