import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { limits, makePlugin } from './worker-scene.js';

const built = pathToFileURL(join(import.meta.dirname, '../dist/index.js')).href;

// A host of its own, which says what a guest said, and then does what it is told.
const HOST = `
import { workerSandbox } from ${JSON.stringify(built)};
const [root, act] = process.argv.slice(2);
const adapter = workerSandbox();
const plan = { plugin: { id: 'p', version: '1.0.0', root }, limits: ${JSON.stringify(limits)}, env: {}, policyDigest: '', isolation: { kind: 'execution' }, signal: new AbortController().signal };
const call = { executionId: 'e', handler: { file: root + '/main.mjs', export: 'handle' }, outputParts: [], input: 1, api: [], signal: new AbortController().signal };
try {
  const place = await adapter.acquire(plan);
  if (act === 'exit') process.exit(5);
  const outcome = await place.run(call, { note() {}, async call() {} });
  console.log(JSON.stringify(outcome.ok ? outcome.value : outcome.error.code));
  await place[Symbol.asyncDispose]();
} catch (error) {
  console.log(JSON.stringify(error.code));
}`;

interface HostEnd {
  readonly said: unknown;
  readonly code: unknown;
  readonly stderr: string;
}

interface HostOptions {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly act?: string;
}

async function runHost(root: string, { flags = [], env = {}, act = 'run' }: HostOptions = {}): Promise<HostEnd> {
  const file = join(root, 'host.mjs');
  writeFileSync(file, HOST);
  return await new Promise((resolve) => {
    const options = { timeout: 15_000, env: { ...process.env, ...env } };
    execFile(process.execPath, [...flags, file, root, act], options, (error, stdout, stderr) => {
      const said: unknown = stdout === '' ? undefined : JSON.parse(stdout);
      resolve({ said, code: error?.code ?? 0, stderr });
    });
  });
}

describe('the process of a host', () => {
  it('ends by itself when its runs are over, and nothing is left to end', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = () => 1;' });
    expect(await runHost(plugin.root)).toEqual({ said: 1, code: 0, stderr: '' });
  });

  it('ends when it wants to, whatever its threads do', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = () => 1;' });
    expect(await runHost(plugin.root, { act: 'exit' })).toMatchObject({ code: 5 });
  });

  it('has its flags, NODE_OPTIONS and preloaded modules for itself', async () => {
    const main = `export const handle = () => [globalThis.byOption, globalThis.byFlag, process.execArgv, process.env.NODE_OPTIONS].map(String);`;
    using plugin = makePlugin({
      'main.mjs': main,
      'option.cjs': "globalThis.byOption = 'loaded';",
      'flag.mjs': "globalThis.byFlag = 'loaded';",
    });
    const flags = ['--import', pathToFileURL(join(plugin.root, 'flag.mjs')).href, '--no-warnings'];
    const env = { NODE_OPTIONS: `--require ${join(plugin.root, 'option.cjs')}`, KB_TEST_SECRET: 'x' };
    expect(await runHost(plugin.root, { flags, env })).toMatchObject({
      said: ['undefined', 'undefined', '', 'undefined'],
      code: 0,
    });
  });

  it('is told where it may start no threads', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = () => 1;' });
    const flags = ['--permission', '--allow-fs-read=*', '--no-warnings'];
    expect(await runHost(plugin.root, { flags })).toMatchObject({ said: 'ERR_SANDBOX_CRASHED', code: 0 });
  });

  it('outlives a guest that exits, throws, rejects and signals', async () => {
    using plugin = makePlugin({
      'main.mjs': `
        export async function handle() {
          try { process.kill(process.pid, 'SIGKILL'); } catch {}
          void Promise.reject(new Error('lost'));
          setTimeout(() => { throw new Error('thrown'); });
          setTimeout(() => process.exit(9), 1);
          await new Promise(() => setInterval(() => {}, 1_000));
        }`,
    });
    expect(await runHost(plugin.root)).toEqual({ said: 'ERR_HANDLER_FAILED', code: 0, stderr: '' });
  });
});
