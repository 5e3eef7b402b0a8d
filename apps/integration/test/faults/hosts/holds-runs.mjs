// A host with many runs at once. It says when all are up, ends them on SIGTERM, and tells how they ended.
import { realpathSync } from 'node:fs';
import { createRuntime, forkSandbox } from '@kb-labs/plugin-runtime';

const { wall, root, pluginRoot, runs, handler, mark, ms, loud, timeoutMs = 30_000 } = JSON.parse(process.argv[2]);
const say = (kind, fields) => process.stdout.write(`${JSON.stringify({ kind, ...fields })}\n`);
let up = 0;
const observe = (event) => {
  if (event.type !== 'progress') return;
  up += 1;
  if (up === runs) say('up', {});
};
const runtime = createRuntime({
  sandbox: forkSandbox({ wall }),
  requiredConfinement: 'none',
  maxConcurrency: runs,
  observers: [{ observe }],
  graceMs: 100,
});
const shell = realpathSync('/bin/sh');
const context = runtime.createContext({
  capabilities: ['artifacts.write', 'shell.run', 'fs.read'],
  permissions: {
    fs: { mode: 'read', allow: ['.'] },
    artifacts: { write: [{ paths: ['**'] }] },
    shell: { allow: [{ command: shell, args: ['-c', '*'], interpreter: true }] },
    quotas: {
      maxConcurrency: runs,
      maxArtifacts: 100_000,
      maxArtifactBytes: 100_000_000_000,
      startTimeoutMs: 60_000,
      queueTimeoutMs: 60_000,
      timeoutMs,
    },
  },
  root,
  pluginRoot,
});
let disposed;
process.once('SIGTERM', () => {
  const began = performance.now();
  disposed = runtime[Symbol.asyncDispose]().then(() => performance.now() - began);
});
const one = (id) => runtime.execute(`./points.js#${handler}`, { id: `run${id}`, mark, shell, ms, loud }, context);
const results = await Promise.all(Array.from({ length: runs }, (_, id) => one(id)));
say('ended', { ms: await disposed, codes: results.map(({ ok, error }) => (ok ? 'ok' : error.code)) });
