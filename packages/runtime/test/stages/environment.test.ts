import type { AuditRecord, ExecutionEvent } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createPluginContext, execute } from '../../src/index.js';
import type { PluginContextOptions } from '../../src/index.js';
import { manifestWith, pluginFolder } from '../plugin-folder.js';

const env = { API_URL: 'https://x.test', API_KEY: 'k', HOME: '/root', NODE_OPTIONS: '--inspect', EMPTY: '' };
const manifest = manifestWith({
  capabilities: ['env.read'],
  permissions: { env: { allow: ['API_*', 'HOME', 'EMPTY', 'UNSET'] } },
});

async function run(rest: Partial<PluginContextOptions>): Promise<{ data: unknown; audit: readonly AuditRecord[] }> {
  await using plugin = await pluginFolder({
    'run.mjs': 'export const run = (_, ctx) => ({ ctx: ctx.env ?? "absent", process: Object.keys(process.env) });',
  });
  const audit: AuditRecord[] = [];
  const observe = (event: ExecutionEvent): void => void (event.type === 'audit' && audit.push(event.audit));
  const context = createPluginContext({
    capabilities: ['env.read'],
    permissions: { env: { allow: ['API_*', 'EMPTY'] } },
    pluginRoot: plugin.root,
    observers: [{ observe }],
    ...rest,
  });
  const result = await execute('run', {}, context, manifest);
  return { data: result.ok ? result.data : result.error, audit };
}

describe('pickEnv', () => {
  it('gives the guest what it asks for and is granted, and nothing of the host', async () => {
    const { data } = await run({ env });

    expect(data).toMatchObject({ ctx: { API_URL: 'https://x.test', API_KEY: 'k', EMPTY: '' } });
    expect(JSON.stringify(data)).not.toMatch(/HOME|PATH|NODE_OPTIONS/u);
  });

  it('audits what is given and what was asked for in vain, and nothing else', async () => {
    const { audit } = await run({ env });

    expect(audit.map((record) => [record.target, record.decision.allowed])).toEqual([
      ['HOME', false],
      ['EMPTY', true],
      ['UNSET', false],
      ['API_URL', true],
      ['API_KEY', true],
    ]);
  });

  it('has nothing to give where the host handed nothing in', async () => {
    await expect(run({})).resolves.toMatchObject({ data: { ctx: {} } });
  });
});
