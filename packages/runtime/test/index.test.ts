import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import {
  checkAllPermissions,
  checkCapabilities,
  checkEnvPermission,
  checkFsPermission,
  checkNetPermission,
  createPluginContext,
  execute,
  RUNTIME_VERSION,
  validateCapabilityNames,
} from '../src/index.js';

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
    const context = createPluginContext({ capabilities: [], permissions: {} });
    const outputSchema = {
      '~standard': { version: 1, vendor: 'test', validate: (): { value: { n: number } } => ({ value: { n: 1 } }) },
    } as const;
    const result = await execute({ handler: './none.js#x', input: {}, outputSchema }, context);
    const data: { n: number } | undefined = result.ok ? result.data : undefined;

    expect(data).toBeUndefined();
  });
});
