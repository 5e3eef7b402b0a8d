import { resolve } from 'node:path';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import packageJson from '../package.json' with { type: 'json' };
import {
  checkAllPermissions,
  checkCapabilities,
  checkEnvPermission,
  checkFsPermission,
  checkNetPermission,
  createPluginContext,
  createRuntime,
  execute,
  RUNTIME_VERSION,
  validateCapabilityNames,
} from '../src/index.js';
import type { Execute, ExecuteResult } from '../src/index.js';
import { inProcess, pluginFolder } from './plugin-folder.js';

describe('the facade', () => {
  it('answers as the documentation shows', () => {
    const fs = checkFsPermission(resolve('src/index.ts'), { mode: 'read', allow: ['.'] });
    const net = checkNetPermission('https://api.example.com', { allow: ['api.example.com'] });
    const env = checkEnvPermission('HOME', { allow: ['HOME', 'APP_*'] });

    expect([fs.allowed, net.allowed, env.allowed]).toEqual([true, true, true]);
    expect(checkFsPermission('/path/to/file', { mode: 'read', allow: ['.'] }).allowed).toBe(false);
    expect(checkAllPermissions([fs, net, env])).toMatchObject({ allowed: true });
    expect(checkCapabilities(['fs.read', 'net.fetch'], ['fs.read'])).toEqual({
      granted: ['fs.read'],
      missing: ['net.fetch'],
    });
    expect(validateCapabilityNames(['fs.read', '__proto__'])).toEqual({
      valid: ['fs.read'],
      invalid: [{ name: '__proto__', reason: 'reserved-name' }],
    });
  });

  it('has the version of its package', () => {
    expect(RUNTIME_VERSION).toBe(packageJson.version);
  });

  it('infers the output from the schema of the host', async () => {
    await using plugin = await pluginFolder({ 'run.mjs': "export const run = () => '41';" });
    const context = createPluginContext({ capabilities: [], permissions: {}, pluginRoot: plugin.root, ...inProcess });
    const outputSchema = z.coerce.number().transform((n) => ({ n: n + 1 }));
    const result = await execute({ handler: './run.mjs#run', input: {}, outputSchema }, context);

    expectTypeOf(result).toEqualTypeOf<ExecuteResult<{ n: number }>>();
    expect(result).toMatchObject({ ok: true, data: { n: 42 } });
  });

  it('names one type for the free function and for that of a runtime', async () => {
    await using plugin = await pluginFolder({ 'run.mjs': 'export const run = (input) => input;' });
    await using runtime = createRuntime(inProcess);
    const context = createPluginContext({ capabilities: [], permissions: {}, pluginRoot: plugin.root, ...inProcess });
    const { execute: ofRuntime } = runtime;

    expectTypeOf(execute).toEqualTypeOf<Execute>();
    expectTypeOf(ofRuntime).toEqualTypeOf<Execute>();
    expectTypeOf(execute<string>('./run.mjs#run', 1, context)).resolves.toEqualTypeOf<ExecuteResult<string>>();
    for (const call of [execute, ofRuntime]) {
      await expect(call('./run.mjs#run', 1, context)).resolves.toMatchObject({ ok: true, data: 1 });
    }
  });
});
