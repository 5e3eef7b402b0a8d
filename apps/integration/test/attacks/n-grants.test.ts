import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compilePolicy } from '@kb-labs/permissions';
import type { ExecuteResult, PluginContextOptions } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { dataOf, openArena, pluginFile } from './arena.js';
import type { Arena } from './arena.js';

const PROTOTYPE_NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'];

/** Runs a handler of a plugin that asks for this. */
function runAsking(
  arena: Arena,
  asks: object,
  { handler = 'holds', input = {}, ...options }: Partial<PluginContextOptions> & { handler?: string; input?: unknown },
): Promise<ExecuteResult> {
  const { runtime, grant } = arena.scene();
  const manifest = {
    schema: 'kb.plugin/1',
    id: 'attack-n',
    version: '1.0.0',
    engines: { runtime: '*' },
    handlers: { holds: { handler: './handlers.js#holds' }, tries: { handler: './handlers.js#tries' } },
    ...asks,
  };
  return runtime.execute(handler, input, grant({ pluginRoot: dirname(pluginFile('n')), ...options }), manifest);
}

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`grants${place.notRun}`, () => {
    const arena = openArena(place, 'n');

    it('N01 grants nothing by a name that every object has', async () => {
      for (const name of PROTOTYPE_NAMES) {
        const asked = await runAsking(arena, { capabilities: [name] }, { capabilities: ['*'] });
        expect(asked).toMatchObject({
          ok: false,
          error: { code: 'ERR_MANIFEST_INVALID', details: { pointer: '/capabilities/0' } },
          confinement: undefined,
        });
        await expect(arena.run('holds', {}, { capabilities: [name] })).rejects.toMatchObject({
          code: 'ERR_CONFIG_INVALID',
          details: { pointer: '/capabilities/0' },
        });
        // Nor in the two places where a manifest names things of its own.
        expect(await runAsking(arena, {}, { handler: name })).toMatchObject({ ok: false });
      }
      expect(dataOf(await arena.run('holds'))).toEqual({ rooms: [], fs: [] });
    });

    it('N02 grants what is named, and what a wildcard covers, and nothing by the beginning of a name', async () => {
      const read = dataOf(await arena.run('holds', {}, { capabilities: ['fs.read'] }));
      const all = dataOf(await arena.run('holds', {}, { capabilities: ['fs.*'] }));
      expect(Object(read).rooms).toEqual(['fs']);
      expect(Object(all).rooms).toEqual(['fs']);
      expect(Object(all).fs).toEqual(expect.arrayContaining([...Object(read).fs, 'writeFile']));
      expect(Object(read).fs).not.toContain('writeFile');
      for (const name of ['fs', 'fs.', 'fs.r', 'fs.r*', 'f*', '*.read', 'fs.read.', 'fs.read.x']) {
        await expect(arena.run('holds', {}, { capabilities: [name] })).rejects.toMatchObject({
          code: 'ERR_CONFIG_INVALID',
        });
      }
      const wants = { capabilities: ['fs.write'] };
      expect(await runAsking(arena, wants, { capabilities: ['fs.read'] })).toMatchObject({
        ok: false,
        error: { code: 'ERR_CAPABILITY_MISSING', details: { missing: ['fs.write'] } },
      });
    });

    it('N05 takes an absent, empty or null list for nothing', async () => {
      const input = { paths: ['data/hello.txt', '.'], names: ['HOME'] };
      const capabilities = ['fs.read', 'env.read'];
      const nothing = { paths: ['ERR_PERMISSION_DENIED', 'ERR_PERMISSION_DENIED'], urls: [], names: [null] };
      const specs = [
        {},
        { fs: null, env: null },
        { fs: { mode: 'read' } },
        { fs: { mode: 'readWrite', allow: [] }, env: { allow: null } },
      ];
      for (const permissions of specs) {
        const bout = await arena.run('tries', input, {
          capabilities,
          permissions,
          env: { HOME: '/home' },
        } as Partial<PluginContextOptions>);
        expect(dataOf(bout)).toEqual(nothing);
      }
    });

    it('N08 allows what was asked for and granted, and tells the rest apart', async () => {
      const { root } = arena.scene();
      await mkdir(join(root, 'granted'), { recursive: true });
      for (const name of ['data/both.txt', 'granted/only.txt']) await writeFile(join(root, name), name);
      const asks = { capabilities: ['fs.read'], permissions: { fs: { mode: 'read', allow: ['data', 'asked'] } } };
      const result = await runAsking(arena, asks, {
        handler: 'tries',
        input: { paths: ['data/both.txt', 'granted/only.txt', 'asked/only.txt'] },
        capabilities: ['fs.*'],
        permissions: { fs: { mode: 'readWrite', allow: ['data', 'granted'] } },
      });
      expect(result).toMatchObject({
        ok: true,
        data: { paths: ['data/both.txt', 'ERR_PERMISSION_DENIED', 'ERR_PERMISSION_DENIED'] },
      });
      expect(result.denials.map(({ target, decision }) => [target, 'reason' in decision && decision.reason])).toEqual([
        ['granted/only.txt', 'not-requested'],
        ['asked/only.txt', 'not-granted'],
      ]);
      // Each with what would have to be written, and where.
      expect(result.denials.map(({ patches }) => patches.map(({ document }) => document))).toEqual([
        ['manifest'],
        ['grant'],
      ]);
    });

    it('N19 keeps a plugin from metadata services, whatever a host grants', async () => {
      const urls = [
        'http://169.254.169.254/latest/meta-data/',
        'http://[fd00:ec2::254]/',
        'http://metadata.google.internal/',
        'http://100.100.100.200/',
        'http://[::ffff:169.254.169.254]/',
        'http://2852039166/',
      ];
      const allow = ['http://0.0.0.0/0', 'http://[::]/0', 'http://169.254.169.254', 'http://metadata.google.internal'];
      const granted = { capabilities: ['net.fetch'], permissions: { net: { allow: allow.slice(2) } } };
      const wide = {
        capabilities: ['net.fetch'],
        permissions: { net: { allow: ['0.0.0.0/0', '::/0', ...allow.slice(2)] } },
      };
      for (const grant of [granted, wide]) {
        const bout = await arena.run('tries', { urls }, grant);
        expect(Object(dataOf(bout)).urls).toEqual(urls.map(() => 'ERR_PERMISSION_DENIED'));
        expect(bout.denied).toHaveLength(urls.length);
      }
    });

    it('N22 decides by the root of each run, not by a text that it has seen before', async () => {
      const { root, secret } = arena.scene();
      const other = join(root, 'other');
      await mkdir(join(other, 'data'), { recursive: true });
      await writeFile(join(other, 'data/hello.txt'), 'of the other root');
      const grant = { capabilities: ['fs.read'], permissions: { fs: { mode: 'read', allow: ['data'] } } } as const;
      const input = { paths: ['data/hello.txt', join(root, 'data/hello.txt')] };
      const back = process.cwd();
      try {
        const seen = [];
        for (const home of [root, other, root]) {
          // The host's own working directory is no part of it either.
          process.chdir(dirname(secret));
          seen.push(Object(dataOf(await arena.run('tries', input, { ...grant, root: home }))).paths);
          process.chdir(other);
        }
        expect(seen).toEqual([
          ['hello', 'hello'],
          ['of the other root', 'ERR_PERMISSION_DENIED'],
          ['hello', 'hello'],
        ]);
      } finally {
        process.chdir(back);
      }
    });
  });
});

describe('pure rules', () => {
  const read = { mode: 'read', allow: ['data'] } as const;

  it('N22 two roots make two policies, and neither follows the working directory', () => {
    const [one, other] = ['/srv/one', '/srv/other'].map((root) => compilePolicy({ fs: read }, { root }));
    expect(one?.digest).not.toBe(other?.digest);
    const request = { kind: 'fs', operation: 'read', path: '/srv/one/data/x' } as const;
    expect([one?.check(request).allowed, other?.check(request).allowed]).toEqual([true, false]);
    const back = process.cwd();
    process.chdir('/');
    const relative = one?.check({ ...request, path: 'data/x' });
    process.chdir(back);
    expect(relative).toEqual(one?.check({ ...request, path: 'data/x' }));
  });

  it('N08 the policy says of each denial whether it was asked for, granted, both or neither', () => {
    const asked = compilePolicy({ fs: read }, { root: '/srv', source: 'manifest' });
    expect(asked.explain({ kind: 'fs', operation: 'read', path: 'other' })).toMatchObject({
      decision: { allowed: false, reason: 'not-requested' },
    });
  });
});
