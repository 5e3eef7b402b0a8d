import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { repository } from './repository.js';

// The lines of the design that must work as they are written, from a plugin's own folder and with nothing configured.
const program = `
import { execute, createPluginContext, checkFsPermission, checkNetPermission, checkEnvPermission, checkAllPermissions, checkCapabilities, validateCapabilityNames,
  writeArtifact, ArtifactBroker, createMemoryArtifactStore, createEventBus, acquirePluginBus } from '@kb-labs/plugin-runtime';

const input = { file: 'notes.txt' };
const manifest = {
  schema: 'kb.plugin/1', id: '@acme/review', version: '1.0.0', engines: { runtime: '>=0.1.0' },
  handlers: { review: { handler: './handlers/review.js#handle' } },
  capabilities: ['fs.read'], permissions: { fs: { mode: 'read', allow: ['notes.txt'], reason: 'to review it' } },
};
const context = createPluginContext({ capabilities: ['fs.read'], permissions: { fs: { mode: 'read', allow: ['.'] } } });

const first = await execute('./handlers/review.js#handle', input, context, manifest);
const second = await execute({ handler: { file: './handlers/review.js', export: 'handle' }, input: {} }, context);
const checks = [
  checkFsPermission('/path/to/file', { mode: 'read', allow: ['.'] }),
  checkNetPermission('https://api.example.com', { allow: ['api.example.com'] }),
  checkEnvPermission('HOME', { allow: ['HOME', 'APP_*'] }),
];
const data = { found: 3 };
const written = await writeArtifact(context, data);
const broker = new ArtifactBroker({ store: createMemoryArtifactStore(), pluginId: 'acme', rules: 'host' });
await broker.write('a.txt', 'ä');
const bus = createEventBus();
const port = bus.openHostPort();
const heard = port.waitFor('demo.*', { scope: 'host' });
await port.publish('demo.said', data, { scope: 'host' });
const plugin = acquirePluginBus('acme');
const same = acquirePluginBus('acme');
await plugin[Symbol.asyncDispose]();

console.log(JSON.stringify({
  frozen: Object.isFrozen(context),
  first: first.ok ? first.data : first.error,
  firstId: first.pluginId,
  second: second.ok ? second.data : second.error,
  checks: checks.map(({ allowed, rule, reason }) => ({ allowed, rule, reason })),
  all: checkAllPermissions([...checks]).allowed,
  some: checkAllPermissions(checks.slice(1)).allowed,
  capabilities: checkCapabilities(['fs.read', 'net.fetch'], ['fs.read']),
  names: validateCapabilityNames(['fs.read', '__proto__']),
  written: [written.contentType, written.uri.startsWith('artifact://anonymous/')],
  text: await broker.read('a.txt', { as: 'text' }),
  heard: (await heard).payload,
  shared: typeof same.openPort,
}));
`;

const handler = `
export async function handle(input, ctx) {
  if (input.file === undefined) return { held: Object.keys(ctx.fs) };
  const others = await ctx.fs.readFile('package.json', 'utf8').catch((error) => error.code);
  return { text: await ctx.fs.readFile(input.file, 'utf8'), others };
}
`;

describe('the facade', () => {
  it('does what the design says, word for word', async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'kb-labs-facade-')));
    try {
      await mkdir(join(folder, 'handlers'));
      await mkdir(join(folder, 'node_modules/@kb-labs'), { recursive: true });
      await symlink(join(repository, 'packages/runtime'), join(folder, 'node_modules/@kb-labs/plugin-runtime'));
      await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
      await writeFile(join(folder, 'notes.txt'), 'to review');
      await writeFile(join(folder, 'handlers/review.js'), handler);
      await writeFile(join(folder, 'main.mjs'), program);
      const { stdout, stderr } = await promisify(execFile)(process.execPath, ['main.mjs'], { cwd: folder });
      expect({ ...(JSON.parse(stdout) as object), stderr }).toEqual({
        frozen: true,
        // The manifest asks for one file, and the host's wider grant does not widen that.
        first: { text: 'to review', others: 'ERR_PERMISSION_DENIED' },
        firstId: '@acme/review',
        second: { held: ['readFile', 'readDir', 'stat', 'glob'] },
        checks: [
          { allowed: false, reason: 'outside-root' },
          { allowed: true, rule: 'api.example.com' },
          { allowed: true, rule: 'HOME' },
        ],
        all: false,
        some: true,
        capabilities: { granted: ['fs.read'], missing: ['net.fetch'] },
        names: { valid: ['fs.read'], invalid: [{ name: '__proto__', reason: 'reserved-name' }] },
        written: ['application/json', true],
        text: 'ä',
        heard: { found: 3 },
        shared: 'function',
        stderr: '',
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
