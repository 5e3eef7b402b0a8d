import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { pluginFolder } from './scene.js';

const MAKERS = {
  'in-process': "(await import('@kb-labs/plugin-runtime')).inProcessSandbox()",
  worker: "(await import('@kb-labs/sandbox-worker')).workerSandbox()",
  fork: "(await import('@kb-labs/plugin-runtime')).forkSandbox()",
  quickjs: "(await import('@kb-labs/sandbox-quickjs')).quickjsSandbox()",
};

describe('a host that disposes of nothing', () => {
  it.each(Object.entries(MAKERS))('ends by itself after its last run: %s', { timeout: 30_000 }, async (_, maker) => {
    const script = `import { createPluginContext, execute } from '@kb-labs/plugin-runtime';
      const given = { capabilities: [], permissions: {}, pluginRoot: ${JSON.stringify(pluginFolder('shapes'))} };
      const context = createPluginContext({ ...given, sandbox: ${maker}, requiredConfinement: 'none' });
      const { ok } = await execute('./handlers.js#kinds', {}, context);
      console.log(ok);`;
    const options = { cwd: import.meta.dirname, timeout: 20_000 };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], options);
    expect(stdout).toBe('true\n');
  });
});
