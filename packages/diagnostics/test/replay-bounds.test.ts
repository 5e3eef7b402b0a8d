import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonValue, SandboxPlan } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { replay } from '../src/index.js';
import type { SnapshotAuthority } from '../src/index.js';
import { directSandbox } from './direct-sandbox.js';
import { take } from './take-snapshot.js';
import type { Taken } from './take-snapshot.js';

describe('a hostile snapshot', () => {
  const code = "export const handle = async (_, ctx) => [Object.keys(ctx).sort(), await ctx.fs?.readFile('a')];";
  const host = { 'fs.readFile': (path: string) => path };

  async function changed(change: Partial<SnapshotAuthority>): Promise<Taken> {
    const { snapshot, pluginRoot } = await take({ code, host });
    if (snapshot.authority === undefined) throw new Error('not recorded');
    return { snapshot: { ...snapshot, authority: { ...snapshot.authority, ...change } }, pluginRoot };
  }

  it.each([
    './../handler.mjs#handle',
    './a/../../handler.mjs#handle',
    '/etc/passwd#handle',
    'file:///etc/passwd#handle',
    './handler.mjs?x#handle',
    './%2e%2e/handler.mjs#handle',
    './..\\handler.mjs#handle',
    './handler.mjs\0.mjs#handle',
    './handler.mjs#__proto__.x',
    './plugin.json#handle',
    '.#handle',
    '',
  ])('names nothing outside of the plugin, as handler or as schema: %j', async (reference) => {
    const plans: SandboxPlan[] = [];
    for (const change of [
      { handler: reference },
      { inputSchema: reference },
      { outputSchema: reference },
      { outputParts: [{ pointer: '', schema: reference }] },
    ]) {
      const { snapshot, pluginRoot } = await changed(change);
      await writeFile(join(pluginRoot, 'plugin.json'), '{}');
      expect(await replay(snapshot, { pluginRoot, adapter: directSandbox(plans) })).toMatchObject({
        divergence: { kind: 'plugin', expected: reference, actual: undefined },
      });
    }
    expect(plans).toEqual([]);
  });

  it('asks for no more than is reasonable, and for no less than what runs', async () => {
    const names = [
      'timeoutMs',
      'startTimeoutMs',
      'cpuMs',
      'memoryMb',
      'maxOutputBytes',
      'maxResultBytes',
      'maxInFlight',
    ];
    const limitsOf = async (quota: number): Promise<readonly number[]> => {
      const { snapshot, pluginRoot } = await changed({
        quotas: Object.fromEntries(names.map((name) => [name, quota])),
      });
      const plans: SandboxPlan[] = [];
      await replay(snapshot, { pluginRoot, adapter: directSandbox(plans), timeoutMs: 5000 });
      return plans.flatMap(({ limits }) => Object.values(limits));
    };
    expect(await limitsOf(1e300)).toEqual([5000, 60_000, 3_600_000, 4096, 67_108_864, 268_435_456, 4096, 500]);
    expect(await limitsOf(-0.5)).toEqual([5000, 1, 1, 1, 1, 1, 1, 500]);
  });

  it('lends no function that there is none of', async () => {
    const { snapshot, pluginRoot } = await changed({
      functions: ['__proto__.x', 'constructor.y', 'fs.readFile', 'fs'],
    });
    const report = await replay(snapshot, { pluginRoot, adapter: directSandbox() });
    expect(report).toMatchObject({ same: true, outcome: { value: [['env', 'fs', 'log'], 'a'] } });
  });

  it('that was changed in memory is read as strictly as a file', async () => {
    const { snapshot, pluginRoot } = await take({ code, host });
    const options = { pluginRoot, adapter: directSandbox() };
    let deep: JsonValue = 1;
    for (let level = 0; level < 1000; level++) deep = [deep];
    for (const change of [{ calls: [1] }, { more: 1 }, { handled: { input: deep } }]) {
      await expect(Reflect.apply(replay, undefined, [{ ...snapshot, ...change }, options])).rejects.toMatchObject({
        code: 'ERR_CONFIG_INVALID',
      });
    }
  });

  it(
    'of thousands of calls, the first of which is never made, waits for that one once',
    { timeout: 60_000 },
    async () => {
      const many = 3000;
      const all = `export const handle = async ({ skip }, ctx) => {
      for (let n = skip; n < ${many}; n++) await ctx.fs.readFile(String(n));
      return 'done';
    };`;
      const { snapshot, pluginRoot } = await take({ code: all, host, input: { skip: 0 } });
      const skipping = { ...snapshot, handled: { input: { skip: 1 } } };
      const start = performance.now();
      expect(await replay(skipping, { pluginRoot, adapter: directSandbox() })).toMatchObject({
        answered: many - 1,
        divergence: { kind: 'missing-call', call: 0 },
      });
      // A tenth of a second for each of them would be five minutes.
      expect(performance.now() - start).toBeLessThan(50_000);
    },
  );
});
