import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PermissionSpec } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createPluginContext, execute } from '../../src/index.js';
import type { ExecuteResult, PluginManifest } from '../../src/index.js';
import { inProcess, manifestWith, pluginFolder } from '../plugin-folder.js';

const READ = 'export const run = async (path, ctx) => ctx.fs.readFile(path, "utf8");';
const CALL = 'export const run = ([name, ...rest], ctx) => ctx.fs[name](...rest);';
const WRITE = 'export const run = async (path, ctx) => ctx.fs.writeFile(path, "changed");';

interface Attempt {
  readonly handler: string;
  readonly input: unknown;
  readonly permissions: PermissionSpec;
  readonly manifest?: PluginManifest;
}

/** Runs a handler in a root that is the folder of the plugin. */
async function attempt(root: string, { handler, input, permissions, manifest }: Attempt): Promise<ExecuteResult> {
  const capabilities = ['fs.read', 'fs.write'];
  const context = createPluginContext({ capabilities, permissions, root, pluginRoot: root, ...inProcess });
  return manifest === undefined ? execute(handler, input, context) : execute(handler, input, context, manifest);
}

const readOnly = (...allow: string[]): PermissionSpec => ({ fs: { mode: 'read', allow } });
const readWrite = (...allow: string[]): PermissionSpec => ({ fs: { mode: 'readWrite', allow } });

describe('decideAuthority', () => {
  it.each([
    ['both', readOnly('data'), readOnly('data'), true],
    ['the manifest alone', readOnly('data'), readOnly('other'), false],
    ['the grant alone', readOnly('other'), readOnly('data'), false],
    ['neither', readOnly('other'), readOnly('other'), false],
    ['a manifest without a word, and a grant of everything', undefined, readOnly('.'), false],
  ])('allows what %s allows: %#', async (_, asked, granted, allowed) => {
    await using plugin = await pluginFolder({ 'run.mjs': READ, 'data/a.txt': 'a' });
    const manifest = manifestWith({
      capabilities: ['fs.read'],
      ...(asked === undefined ? {} : { permissions: asked }),
    });
    const result = await attempt(plugin.root, { handler: 'run', input: 'data/a.txt', permissions: granted, manifest });

    expect(result.ok).toBe(allowed);
    expect(result.metrics.denials).toBe(allowed ? 0 : 1);
  });

  it('takes the smaller of two quotas', async () => {
    await using plugin = await pluginFolder({ 'run.mjs': READ, 'a.txt': 'a' });
    const manifest = manifestWith({ capabilities: ['fs.read'], permissions: { quotas: { timeoutMs: 5, cpuMs: 900 } } });
    const result = await attempt(plugin.root, {
      handler: 'run',
      input: 'a.txt',
      permissions: { quotas: { timeoutMs: 700, cpuMs: 800 } },
      manifest,
    });

    expect([result.metrics.wallMs.limit, result.metrics.cpuMs.limit]).toEqual([5, 800]);
  });

  it.each([
    ['the module', './code/run.mjs#run', 'code/run.mjs'],
    ['what lies beside it', './code/run.mjs#run', 'code/new.mjs'],
    ['a module in the root', './top.mjs#run', 'top.mjs'],
    ['package.json', './top.mjs#run', 'package.json'],
    ['the folder of the embedded store', './top.mjs#run', '.kb/artifacts/forged'],
  ])('never lets a plugin write %s, whatever is granted', async (_, handler, input) => {
    await using plugin = await pluginFolder({ 'code/run.mjs': WRITE, 'top.mjs': WRITE });
    const result = await attempt(plugin.root, { handler, input, permissions: readWrite('.') });

    expect(result).toMatchObject({
      ok: false,
      error: { code: 'ERR_HANDLER_FAILED', error: { code: 'ERR_PERMISSION_DENIED' } },
    });
    const path = join(plugin.root, input);
    expect(existsSync(path) ? readFileSync(path, 'utf8') : WRITE).toBe(WRITE);
  });

  it.each([
    ['readFile', '.kb/artifacts/other/report.md', 'utf8'],
    ['readDir', '.kb/artifacts/other'],
    ['readDir', '.kb'],
    ['stat', '.kb/artifacts'],
    ['writeFile', '.kb/artifacts/other/report.md', 'forged'],
    ['appendFile', '.kb/note', 'forged'],
    ['mkdir', '.kb/new'],
    ['remove', '.kb', { recursive: true }],
    ['rename', '.kb', 'mine'],
    ['rename', '.kb/artifacts', 'mine'],
    ['rename', 'data', '.kb/artifacts/other'],
    ['copy', '.kb/artifacts/other/report.md', 'mine'],
    ['copy', 'data/x', '.kb/artifacts/other/report.md'],
    ['glob', '.kb/**'],
  ])('hides what the embedded store keeps: %s %s', async (...call) => {
    await using plugin = await pluginFolder({
      'run.mjs': CALL,
      'data/x': 'x',
      '.kb/artifacts/other/report.md': 'mine',
    });
    const result = await attempt(plugin.root, { handler: './run.mjs#run', input: call, permissions: readWrite('.') });

    expect(result).toMatchObject({
      ok: false,
      error: { code: 'ERR_HANDLER_FAILED', error: { code: 'ERR_PERMISSION_DENIED' } },
    });
    expect(readFileSync(join(plugin.root, '.kb/artifacts/other/report.md'), 'utf8')).toBe('mine');
  });

  it('leaves it out of listings and globs', async () => {
    await using plugin = await pluginFolder({
      'run.mjs': CALL,
      'data/x': 'x',
      '.kb/artifacts/other/report.md': 'mine',
    });
    const ask = { handler: './run.mjs#run', permissions: readOnly('.') };

    await expect(attempt(plugin.root, { ...ask, input: ['glob', '**'] })).resolves.toMatchObject({
      data: ['data/x', 'run.mjs'],
    });
    await expect(attempt(plugin.root, { ...ask, input: ['readDir', '.'] })).resolves.toMatchObject({
      data: [
        { name: 'data', kind: 'directory' },
        { name: 'run.mjs', kind: 'file' },
      ],
    });
  });

  it('lets it write beside that', async () => {
    await using plugin = await pluginFolder({ 'code/run.mjs': WRITE });
    const attempted = { handler: './code/run.mjs#run', input: 'data.txt', permissions: readWrite('.') };

    await expect(attempt(plugin.root, attempted)).resolves.toMatchObject({ ok: true });
    expect(readFileSync(join(plugin.root, 'data.txt'), 'utf8')).toBe('changed');
  });

  it('never lets a plugin in a folder of its own write any of it', async () => {
    await using root = await pluginFolder({ 'plugins/a/code/run.mjs': WRITE, 'plugins/a/lib/x.mjs': '' });
    const context = createPluginContext({
      capabilities: ['fs.write'],
      permissions: readWrite('.'),
      root: root.root,
      pluginRoot: join(root.root, 'plugins/a'),
      ...inProcess,
    });

    for (const path of ['plugins/a/lib/x.mjs', 'plugins/a/new.mjs', 'plugins/a/code/run.mjs']) {
      await expect(execute('./code/run.mjs#run', path, context)).resolves.toMatchObject({ metrics: { denials: 1 } });
    }
    await expect(execute('./code/run.mjs#run', 'plugins/b', context)).resolves.toMatchObject({ ok: true });
  });

  it.each([
    ['remove', 'plugins', { recursive: true }],
    ['rename', 'plugins', 'elsewhere'],
    ['rename', 'plugins/a', 'elsewhere'],
    ['rename', 'data', 'plugins/a/code'],
    ['copy', 'data/x.mjs', 'plugins/a/code/run.mjs'],
  ])('nor move it away by a folder above it: %s %s', async (...call) => {
    await using root = await pluginFolder({
      'data/x.mjs': '',
      'plugins/a/code/run.mjs': CALL,
    });
    const context = createPluginContext({
      capabilities: ['fs.write'],
      permissions: readWrite('.'),
      root: root.root,
      pluginRoot: join(root.root, 'plugins/a'),
      ...inProcess,
    });
    const result = await execute('./code/run.mjs#run', call, context);

    expect(result).toMatchObject({ ok: false, error: { error: { code: 'ERR_PERMISSION_DENIED' } } });
    expect(readFileSync(join(root.root, 'plugins/a/code/run.mjs'), 'utf8')).toContain('export const run');
  });
});
