import type { DirectSandbox } from '@kb-labs/contracts';
import { isEnough } from './confinement.js';
import type { Engine } from './engine.js';
import type { KnownRun, KnownRuns } from './known-run.js';
import type { Job } from './request.js';
import type { SandboxChoice } from './shared-options.js';
import { crashingHandler } from './stages/guest.js';
import { recallPrepared } from './stages/prepare.js';
import type { Prepared } from './stages/prepare.js';

/** What an engine has beside them. */
type Surroundings = Omit<Engine, 'knownRuns'>;

/** The sandbox of a choice, where it can be handed a run without a place for it. */
type DirectSandboxes = (choice: SandboxChoice | undefined) => DirectSandbox | undefined;

/**
 * Makes the memory of one runtime. It is keyed by what was found for a handler, which the host's own memory holds, and made of what the stages have
 * decided for that already: nothing is decided here, and a plugin has no such key.
 */
export function createKnownRuns(engine: Surroundings, sandboxFor: DirectSandboxes): KnownRuns {
  const { rooms, observers, log } = engine;
  if (rooms.audit !== undefined || observers.length > 0 || log.keeps('info')) return NONE;
  const known = new WeakMap<Prepared, KnownRun | 'no'>();
  return {
    find(job) {
      if (job.caller !== undefined || job.dryRun || job.settings.observers.length > 0) return undefined;
      const prepared = recallPrepared(job, engine.finderFor(job.settings));
      if (prepared === undefined) return undefined;
      let run = known.get(prepared);
      if (run === undefined) {
        run = assemble(job, prepared, { engine, sandboxFor });
        // What is not decided yet may be known after the next run.
        if (run === undefined) return undefined;
        known.set(prepared, run);
      }
      return run === 'no' ? undefined : run;
    },
  };
}

const NONE: KnownRuns = Object.freeze({ find: () => undefined });
const NO_ENV: Readonly<Record<string, string>> = Object.freeze({});

interface Parts {
  readonly engine: Surroundings;
  readonly sandboxFor: DirectSandboxes;
}

function assemble(job: Job, prepared: Prepared, { engine, sandboxFor }: Parts): KnownRun | 'no' | undefined {
  const { settings } = job;
  const sandbox = sandboxFor(settings.sandbox);
  const authorityFor = engine.authorities.recallFor(prepared);
  const functions = engine.functionGrants.recall(job, prepared);
  if (sandbox === undefined || authorityFor === undefined || functions === undefined) return undefined;
  const { plugin, manifest, handler, inputSchema, outputSchema, outputParts } = prepared;
  const required = settings.requiredConfinement ?? engine.requiredConfinement;
  const isPlain =
    isEnough(required, sandbox.confinement.firmness) &&
    engine.isolations(job, prepared).kind === 'execution' &&
    (manifest?.artifacts ?? []).length === 0 &&
    // Which variables there are is looked up each time, and told.
    !functions.includes('env.read');
  if (!isPlain) return 'no';
  const task = { plugin, env: NO_ENV, handler, inputSchema, outputSchema, outputParts, api: functions };
  return { prepared, authorityFor, functions, crashing: crashingHandler(prepared), sandbox, task };
}
