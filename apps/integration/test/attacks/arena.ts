import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AuditRecord, ErrorCode, ErrorEnvelope } from '@kb-labs/contracts';
import type { ExecuteResult, PluginContextOptions, RuntimeOptions } from '@kb-labs/plugin-runtime';
import { afterAll, beforeAll, expect } from 'vitest';
import { openScene } from '../scene.js';
import type { Place, Scene } from '../scene.js';

/** One runtime in one place for all the attacks of a file, so that each of them also shows that the one before left it healthy. */
export interface Arena {
  readonly scene: () => Scene;
  /** Runs `./handlers.js#<name>` of the file's own plugin, or another file of it as `./file.js#name`. Everything that was told of the run comes with its result. */
  readonly run: (name: string, input?: unknown, grant?: Partial<PluginContextOptions>) => Promise<Bout>;
}

/** A run, and the decisions that were told of it. */
export interface Bout {
  readonly result: ExecuteResult;
  readonly denied: readonly AuditRecord[];
}

/** Opens the arena before the tests of a `describe` and closes it after them. */
export function openArena(place: Place, plugin: string, options: RuntimeOptions = {}): Arena {
  let scene: Scene | undefined;
  const pluginRoot = fileURLToPath(new URL(`plugins/${plugin}`, import.meta.url));
  beforeAll(async () => {
    scene = await openScene(place.create(), options);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());
  const opened = (): Scene => {
    if (scene === undefined) throw new Error('the arena opens before the first test, not while tests are listed');
    return scene;
  };
  return {
    scene: opened,
    async run(name, input = {}, grant = {}) {
      const { runtime, grant: contextFor, events } = opened();
      const handler = name.includes('#') ? name : `./handlers.js#${name}`;
      const result = await runtime.execute(handler, input, contextFor({ pluginRoot, ...grant }));
      const told = events.filter(({ executionId }) => executionId === result.executionId);
      const audits = told.flatMap((event) => (event.type === 'audit' ? [event.audit] : []));
      expect(told.filter(({ type }) => type === 'execution-end')).toHaveLength(1);
      return { result, denied: audits.filter(({ decision }) => !decision.allowed) };
    },
  };
}

/** What the handler gave back; fails the test where the run did not end well. */
export function dataOf({ result }: Bout): unknown {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.data;
}

/** How the run failed; fails the test where it did not, or with another code. */
export function failureOf({ result }: Bout, code: ErrorCode): ErrorEnvelope {
  if (result.ok) throw new Error(`the run ended well with ${JSON.stringify(result.data)}`);
  expect(result.error.code).toBe(code);
  return result.error;
}

/** How the run ended: `ok`, or its code. */
export function codeOf({ result }: Pick<Bout, 'result'>): ErrorCode | 'ok' {
  return result.ok ? 'ok' : result.error.code;
}

/** Where the attacks' own plugins lie. */
export function pluginFile(plugin: string, file = 'handlers.js'): string {
  return join(fileURLToPath(new URL(`plugins/${plugin}`, import.meta.url)), file);
}
