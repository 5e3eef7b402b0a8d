import { lstatSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createFileArtifactStore,
  parsePathTemplate,
  renderPathTemplate,
  writeDeclaredArtifacts,
} from '@kb-labs/artifacts';
import { createError } from '@kb-labs/contracts';
import type { ArtifactStore, SandboxAdapter } from '@kb-labs/contracts';
import { forkSandbox, inProcessSandbox } from '@kb-labs/sandbox';
import { satisfies } from 'semver';
import packageJson from '../package.json' with { type: 'json' };
import { createAdmission } from './admission.js';
import type { ArtifactOutlet } from './artifact-outlet.js';
import { confinementTable } from './confinement.js';
import type { SandboxChoice } from './shared-options.js';
import { bothForms } from './execute-call.js';
import type { Execute } from './execute-call.js';
import { createRuntimeLog, jsonLinesSink } from './runtime-log.js';
import { parseRuntimeOptions } from './runtime-options.js';
import type { RuntimeOptions } from './runtime-options.js';
import { EngineRuntime } from './runtime.js';
import type { Runtime } from './runtime.js';
import { systemClock } from './system-clock.js';

/** Opens a runtime. Throws `ERR_CONFIG_INVALID` for options that it cannot keep, also for an invalid `KB_LOG_LEVEL`. */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  return openRuntime(options);
}

/** Runs one handler in either form. Uses one runtime with the defaults, made at the first call. */
export const execute: Execute = bothForms(async (args) => {
  shared ??= openRuntime({});
  return shared.run(args);
});

// The one piece of state in a module: the free functions have no other place for the queue and the log that they share.
let shared: EngineRuntime | undefined;

/** npm only warns of a Node that is too old, and what then fails says nothing of it. */
function assertNodeVersion(): void {
  const { node: range } = packageJson.engines;
  if (satisfies(process.versions.node, range, { includePrerelease: true })) return;
  throw createError('ERR_CONFIG_INVALID', `Node ${range} is needed, and this is ${process.versions.node}`, {
    hint: 'run the host with a newer Node',
  });
}

function openRuntime(options: RuntimeOptions): EngineRuntime {
  assertNodeVersion();
  const parsed = parseRuntimeOptions(options);
  const clock = parsed.clock ?? systemClock;
  const log = createRuntimeLog({
    level: parsed.logLevel,
    sink: parsed.logSink ?? jsonLinesSink(process.stderr),
    clock,
  });
  const closing = new AbortController();
  const adapters = new EmbeddedAdapters(parsed.sandbox);
  return new EngineRuntime({
    engine: {
      adapterFor: (choice) => adapters.find(choice),
      artifacts: artifactOutlet(parsed.artifactStore),
      admission: createAdmission({ maxConcurrency: parsed.maxConcurrency, maxQueued: parsed.maxQueued, clock }),
      clock,
      log,
      graceMs: parsed.graceMs,
      capabilities: parsed.capabilityRegistry,
      hostApi: parsed.hostApi,
      requiredConfinement: confinementTable(parsed.requiredConfinement),
      observers: parsed.observers,
      ownCode: ownCode(),
      closing: closing.signal,
    },
    abort: (reason) => closing.abort(reason),
    closeAdapters: () => adapters.close(),
  });
}

/** Makes each embedded adapter when it is first asked for, and closes those together with the one that the host gave away. */
class EmbeddedAdapters {
  readonly #fallback: SandboxChoice;
  readonly #made = new Map<string, SandboxAdapter>();

  constructor(fallback: SandboxChoice) {
    this.#fallback = fallback;
  }

  find(choice: SandboxChoice = this.#fallback): SandboxAdapter {
    if (typeof choice !== 'string') return choice;
    const known = this.#made.get(choice);
    if (known !== undefined) return known;
    const adapter = choice === 'fork' ? forkSandbox() : inProcessSandbox();
    this.#made.set(choice, adapter);
    return adapter;
  }

  async close(): Promise<void> {
    const owned = typeof this.#fallback === 'string' ? [] : [this.#fallback];
    const ends = [...owned, ...this.#made.values()].map(async (adapter) => adapter[Symbol.asyncDispose]());
    await Promise.allSettled(ends);
    await Promise.all(ends);
  }
}

function artifactOutlet(store: ArtifactStore | undefined): ArtifactOutlet {
  const folderFor = (root: string): string => join(root, '.kb');
  return {
    check(declarations, variables) {
      const names = Object.keys(variables);
      for (const { pathTemplate } of declarations) {
        renderPathTemplate(parsePathTemplate(pathTemplate, { variables: names }), variables);
      }
    },
    write: writeDeclaredArtifacts,
    folderFor,
    storeFor: (root) => store ?? openEmbeddedStore(folderFor(root)),
  };
}

/** The store itself follows no link in its folder or below; this is the folder above it, which a hostile checkout may bring along. */
function openEmbeddedStore(folder: string): ArtifactStore {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    throw createError('ERR_PERMISSION_DENIED', 'the embedded artifact store follows no links, and ".kb" is one', {
      details: { name: '.kb' },
      hint: 'remove the link, or give the runtime an artifactStore',
    });
  }
  return createFileArtifactStore({ directory: join(folder, 'artifacts') });
}

/** Where the runtime's own code lies, here and in the packages of ours that it is made of. */
function ownCode(): readonly string[] {
  const require = createRequire(import.meta.url);
  const packages = Object.keys(packageJson.dependencies).filter((name) => name.startsWith('@kb-labs/'));
  const own = realpathSync(fileURLToPath(new URL('..', import.meta.url)));
  return [own, ...packages.flatMap((name) => folderOf(`${name}/package.json`, require))];
}

function folderOf(packageJson: string, require: NodeJS.Require): readonly string[] {
  try {
    return [realpathSync(dirname(require.resolve(packageJson)))];
  } catch {
    // A bundler has made it part of the host's own code, and that is the host's to keep out of a root.
    return [];
  }
}
