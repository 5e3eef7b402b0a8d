import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { checkAllPermissions, checkFsPermission, checkNetPermission, forkSandbox } from '@kb-labs/plugin-runtime';
import type { ExecuteResult, PluginContextOptions } from '@kb-labs/plugin-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene, pluginFolder } from './scene.js';
import type { Scene } from './scene.js';

// What the plugin runtime before this one let a plugin reach, in the sandbox that a host gets if it says nothing.
const asked: string[] = [];
let scene: Scene;
let granted: Listening;
let other: Listening;

beforeAll(async () => {
  scene = await openScene(forkSandbox(), { requiredConfinement: 'guard' });
  await mkdir(join(scene.root, 'data-of-others'));
  await writeFile(join(scene.root, 'data-of-others/note.txt'), 'of others');
  await symlink(scene.secret, join(scene.root, 'data/link.txt'));
  await symlink('../..', join(scene.root, 'data/up'));
  granted = await listen('granted');
  other = await listen('other');
});

afterAll(async () => {
  await scene[Symbol.asyncDispose]();
  await Promise.all([granted.close(), other.close()]);
});

describe('a handler', () => {
  it.each([
    '../hostile/handlers.js',
    '../regressions-of-others/handlers.js',
    './../hostile/handlers.js',
    '/etc/passwd',
  ])(
    'outside of its plugin is not found: %s',
    // It was `path.resolve(pluginRoot, handler.file)`, and nobody looked where that led.
    async (file) => {
      const outcomes = await Promise.all([
        scene.runtime.execute(`${file}#pid`, {}, contextOf()),
        scene.runtime.execute({ handler: { file, export: 'pid' }, input: {} }, contextOf()),
      ]);
      const notFound = { ok: false, error: { code: 'ERR_HANDLER_NOT_FOUND' } };
      expect(outcomes).toMatchObject([notFound, notFound]);
    },
  );

  it('that a link in its plugin leads to is not found where it lies outside', async () => {
    const pluginRoot = join(scene.root, 'plugin');
    await mkdir(pluginRoot);
    await writeFile(join(pluginRoot, 'package.json'), '{ "type": "module" }');
    await symlink(join(pluginFolder('hostile'), 'handlers.js'), join(pluginRoot, 'linked.js'));
    const result = await scene.runtime.execute('./linked.js#pid', {}, contextOf({ pluginRoot }));
    expect(result).toMatchObject({ ok: false, error: { code: 'ERR_HANDLER_NOT_FOUND' } });
  });
});

describe('a rule for a folder', () => {
  // The file shim compared with `startsWith`, without a separator behind the folder.
  it('does not cover the folder beside it whose name begins the same', async () => {
    const paths = ['data/hello.txt', 'data-of-others/note.txt', join(scene.root, 'data-of-others/note.txt')];
    expect(dataOf(await run('reads', paths))).toEqual(['hello', 'ERR_PERMISSION_DENIED', 'ERR_PERMISSION_DENIED']);
    expect(dataOf(await run('writes', ['data-of-others/new.txt']))).toEqual(['ERR_PERMISSION_DENIED']);
  });

  // Paths were compared as they were written, and the file system was then asked to follow every link.
  it('does not cover what a link in it leads to', async () => {
    const paths = ['data/link.txt', 'data/up/secret.txt', 'data/up/root/data-of-others/note.txt'];
    const denied = Array<string>(3).fill('ERR_PERMISSION_DENIED');
    expect([dataOf(await run('reads', paths)), dataOf(await run('writes', paths))]).toEqual([denied, denied]);
  });
});

describe('a rule for a host', () => {
  // `fetch` followed redirects by itself, and only the first address was compared.
  it('does not cover where that host redirects to', async () => {
    const away = [`http://${other.host}/`, 'http://169.254.169.254/latest/meta-data/', 'file:///etc/passwd'];
    asked.length = 0;
    const urls = away.map((url) => `http://${granted.host}/to/${encodeURIComponent(url)}`);
    expect(dataOf(await run('asks', urls))).toEqual(Array(3).fill('ERR_PERMISSION_DENIED'));
    expect(asked.filter((line) => !line.startsWith('granted '))).toEqual([]);
    const home = `http://${granted.host}/to/${encodeURIComponent('/home')}`;
    expect(dataOf(await run('asks', [home]))).toEqual(['the body of granted']);
  });

  // The name was what stands before the first `:`, which is the user; and `url.includes(pattern)` was enough for a match.
  it('does not cover a URL that has its name in the user info, the path or the query', async () => {
    asked.length = 0;
    const urls = [
      `http://${granted.host}@${other.host}/`,
      `http://${granted.host}:x@${other.host}/`,
      `http://${other.host}/?http://${granted.host}/`,
      `http://${other.host}/http://${granted.host}/`,
      `http://${other.host}#@${granted.host}/`,
      `http://${other.host}\\@${granted.host}/`,
    ];
    expect(dataOf(await run('asks', urls))).toEqual(Array(6).fill('ERR_PERMISSION_DENIED'));
    expect(asked).toEqual([]);
    const rules = { allow: ['https://api.good.test'] };
    expect(checkNetPermission('https://api.good.test:x@evil.test/', rules)).toMatchObject({ allowed: false });
  });

  // The mask of a prefix was `~(2 ** (32 - prefix) - 1)`: with 33 and above, or none at all, it let everything or anything through.
  it.each(['10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '10.0.0.0/8x', '10.0.0.0/0x8', '::/129', '300.0.0.0/8'])(
    'is refused where its prefix is out of range: %s',
    (rule) => {
      expect(() => contextOf({ permissions: { net: { allow: [rule] } } })).toThrow(
        expect.objectContaining({
          code: 'ERR_CONFIG_INVALID',
          details: expect.objectContaining({ pointer: '/permissions/net/allow/0' }),
        }),
      );
    },
  );
});

describe('what is not granted', () => {
  // A section without `allow` granted everything, as did a whole spec that was absent.
  it('is denied where a section, its rules or all permissions are left out', async () => {
    const file = join(scene.root, 'data/hello.txt');
    const none = [{ mode: 'readWrite' }, { mode: 'read', allow: [] }] as const;
    for (const fs of none) {
      expect(checkFsPermission(file, fs, { root: scene.root })).toMatchObject({ allowed: false });
      expect(dataOf(await run('reads', ['data/hello.txt'], { permissions: { fs } }))).toEqual([
        'ERR_PERMISSION_DENIED',
      ]);
    }
    expect(dataOf(await run('reads', ['data/hello.txt'], { permissions: {} }))).toEqual(['ERR_PERMISSION_DENIED']);
    expect(checkAllPermissions([])).toMatchObject({ allowed: false });
  });

  // What could not be looked at was passed on, and the request was made by the text of it.
  it('is denied where it cannot be read', async () => {
    asked.length = 0;
    const urls = ['http://[::1', 'http://', 'granted', '', 'http://a b/', 'http://%zz/', '//', 'http:///x'];
    const outcomes = Array.from(Object(dataOf(await run('asks', urls))));
    expect(outcomes).toHaveLength(urls.length);
    for (const outcome of outcomes) expect(['ERR_INVALID_ARGUMENT', 'ERR_PERMISSION_DENIED']).toContain(outcome);
    expect(asked).toEqual([]);
  });
});

interface Listening {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  readonly close: () => Promise<unknown>;
}

/** Answers with its name, and sends whoever asks for `/to/<url>` there. */
async function listen(name: string): Promise<Listening> {
  const server: Server = createServer((request, response) => {
    asked.push(`${name} ${request.url}`);
    const target = /^\/to\/(.+)$/u.exec(request.url ?? '')?.[1];
    if (target === undefined) response.end(`the body of ${name}`);
    else response.writeHead(302, { location: decodeURIComponent(target) }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function contextOf(more: Partial<PluginContextOptions> = {}): ReturnType<Scene['grant']> {
  return scene.grant({
    pluginRoot: pluginFolder('regressions'),
    capabilities: ['fs.*', 'net.*'],
    permissions: {
      fs: { mode: 'readWrite', allow: ['data'] },
      net: { allow: [`http://${granted.host}`] },
    },
    ...more,
  });
}

function run(name: string, input: unknown, more: Partial<PluginContextOptions> = {}): Promise<ExecuteResult> {
  return scene.runtime.execute(`./handlers.js#${name}`, input, contextOf(more));
}

function dataOf(result: ExecuteResult): unknown {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.data;
}
