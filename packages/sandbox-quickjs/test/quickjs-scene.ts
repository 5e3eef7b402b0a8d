import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ErrorCode, GuestNote, SandboxCall, SandboxLimits, SandboxOutcome } from '@kb-labs/contracts';
import { quickjsSandbox } from '@kb-labs/sandbox-quickjs';
import type { QuickjsSandboxOptions } from '@kb-labs/sandbox-quickjs';
import { afterAll, beforeAll, expect } from 'vitest';

export const LIMITS: SandboxLimits = {
  timeoutMs: 10_000,
  startTimeoutMs: 20_000,
  cpuMs: 10_000,
  memoryMb: 64,
  maxOutputBytes: 65_536,
  maxResultBytes: 1_048_576,
  maxInFlight: 8,
  graceMs: 100,
};

/** A run beside its handler's name. */
interface SceneRun extends Partial<Pick<SandboxCall, 'input' | 'api' | 'signal'>> {
  readonly file?: string;
  readonly limits?: Partial<SandboxLimits>;
  readonly onNote?: (note: GuestNote) => void;
}

/** One adapter, and a folder that holds `plugin` and whatever lies beside it. */
export interface QuickjsScene {
  /** Writes files by their paths in that folder. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  folder(): string;
  run(handler: string, run?: SceneRun): Promise<SandboxOutcome>;
}

/** Opens the scene before the tests of a `describe` and closes it after them. */
export function openQuickjs(options: QuickjsSandboxOptions = {}): QuickjsScene {
  const sandbox = quickjsSandbox(options);
  let folder = '';
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'kb-labs-quickjs-')));
  });
  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    folder: () => folder,
    async write(files) {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), text);
      }
    },
    async run(handler, { file = 'handlers.js', limits, onNote, ...more } = {}) {
      const root = join(folder, 'plugin');
      await using place = await sandbox.acquire({
        plugin: { id: 'test', version: '1.0.0', root },
        limits: { ...LIMITS, ...limits },
        env: {},
        policyDigest: 'test',
        isolation: { kind: 'execution' },
        signal: new AbortController().signal,
      });
      const module = { file: join(root, file), export: handler };
      const rest = { inputSchema: undefined, outputSchema: undefined, outputParts: [], input: undefined, api: [] };
      const signal = new AbortController().signal;
      return await place.run(
        { executionId: 'test', handler: module, signal, ...rest, ...more },
        { call: (_, args) => Promise.resolve(args[0]), note: (note) => onNote?.(note) },
      );
    },
  };
}

/** What the handler gave back; fails the test where it did not. */
export function valueOf(outcome: SandboxOutcome): unknown {
  if (!outcome.ok) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return outcome.value;
}

/** How the run failed; fails the test where it did not, or with another code. */
export function failureOf(outcome: SandboxOutcome, code: ErrorCode): Extract<SandboxOutcome, { ok: false }> {
  if (outcome.ok) throw new Error(`the run went well: ${JSON.stringify(outcome.value)}`);
  expect(`${outcome.error.code}: ${outcome.error.message}`).toMatch(new RegExp(`^${code}: `));
  return outcome;
}
