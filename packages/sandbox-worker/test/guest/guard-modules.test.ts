import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { workerSandbox } from '@kb-labs/sandbox-worker';
import { afterAll, describe, expect, it } from 'vitest';
import { makePlugin, runOnce } from '../worker-scene.js';

const adapter = workerSandbox();
afterAll(() => adapter[Symbol.asyncDispose]());

describe('a module that cannot be loaded', () => {
  const broken = 'export const first = 1;\nconst second = = 2;\n';

  it.each([
    ['itself', { 'main.mjs': broken }, './main.mjs:2\n'],
    ['an import', { 'main.mjs': "import './other.mjs';", 'other.mjs': `\n${broken}` }, './other.mjs:3\n'],
  ])('tells where it is wrong: %s', async (_, files, head) => {
    using plugin = makePlugin(files);
    const { outcome } = await runOnce(adapter, plugin.root);
    const stack = outcome.ok ? undefined : outcome.guestError?.stack;
    expect(stack?.slice(0, head.length)).toBe(head);
    expect(stack).not.toContain(plugin.root);
  });

  it('tells no path of the host', async () => {
    using secret = makePlugin({ 'secret.mjs': '' });
    using plugin = makePlugin({ 'main.mjs': "import './link.mjs'; export const handle = () => 1;" });
    symlinkSync(join(secret.root, 'secret.mjs'), join(plugin.root, 'link.mjs'));
    const { outcome } = await runOnce(adapter, plugin.root);
    const error = outcome.ok ? undefined : outcome.guestError;
    expect(error?.message).toBe('the module "./link.mjs" is outside the plugin\'s folder');
    expect(JSON.stringify(outcome)).not.toContain(secret.root);
  });
});
