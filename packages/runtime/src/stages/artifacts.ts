import type { ArtifactDeclaration, ArtifactStore, QuotaMeter } from '@kb-labs/contracts';
import type { ArtifactOutlet } from '../artifact-outlet.js';
import type { Job } from '../request.js';
import type { Run } from '../run.js';
import type { Prepared } from './prepare.js';

/** What the artifacts of one execution are, before the handler runs: their declarations and the values of their paths. */
export interface ArtifactPlan {
  readonly declarations: readonly ArtifactDeclaration[];
  readonly variables: Readonly<Record<string, string>>;
}

/** Fixes the names of the artifacts, so that a template that cannot be rendered fails before anything runs. */
export function planArtifacts(
  run: Run,
  job: Job,
  options: { prepared: Prepared; outlet: ArtifactOutlet },
): ArtifactPlan {
  const declarations = options.prepared.manifest?.artifacts ?? [];
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

/** Writes what the manifest declares out of the output. */
export async function writeArtifacts(
  run: Run,
  work: {
    readonly plan: ArtifactPlan;
    readonly output: unknown;
    readonly outlet: ArtifactOutlet;
    readonly store: () => ArtifactStore;
    readonly meter: QuotaMeter;
  },
): Promise<void> {
  const { plan, output, outlet, store, meter } = work;
  if (plan.declarations.length === 0) return;
  const written = await outlet.write({
    ...plan,
    output,
    store: store(),
    pluginId: run.identity.pluginId,
    meter,
    signal: run.signal,
  });
  for (const artifact of written) run.artifact(artifact);
}
