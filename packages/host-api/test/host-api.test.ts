import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPluginError, MAX_MESSAGE_BYTES } from '@kb-labs/contracts';
import type { PermissionSpec } from '@kb-labs/contracts';
import { compilePolicy, createQuotaMeter, DEFAULT_QUOTAS, intersectPolicies } from '@kb-labs/permissions';
import { describe, expect, it } from 'vitest';
import { createHostApi } from '../src/index.js';
import { countDescriptors, EVERYTHING, makeFolder, openHost, outcome } from './open-host.js';

describe('createHostApi', () => {
  it('lends only the functions that were named', async () => {
    const { api, call } = openHost(makeFolder(), EVERYTHING, { functions: ['fs.stat'] });
    expect(api.functions).toEqual(['fs.stat']);
    expect(await outcome(call('fs.readFile', 'a'))).toBe('ERR_PERMISSION_DENIED');
    expect(await outcome(call('fs.stat', 'a'))).toBe('ERR_IO_FAILED ENOENT');
  });

  it.each(['__proto__', 'constructor', 'toString', '', 'fs', 'fs.readfile', 'x'.repeat(100_000)])(
    'has no function %.20s',
    async (name) => {
      const { call } = openHost(makeFolder(), EVERYTHING);
      const error: unknown = await call(name).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'ERR_PERMISSION_DENIED', details: { function: name.slice(0, 64) } });
    },
  );

  it('refuses a function that does not exist and an option that is none', () => {
    const policy = compilePolicy({}, { root: '/' });
    const given = { policy, meter: createQuotaMeter(DEFAULT_QUOTAS), functions: [], audit: () => undefined };
    const codeOf = (options: object): unknown => {
      try {
        return createHostApi({ ...given, ...options });
      } catch (error) {
        return error;
      }
    };
    expect(codeOf({ functions: ['fs.open'] })).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      hint: 'take the names from HOST_FUNCTIONS',
    });
    expect(codeOf({ sameDevise: true })).toMatchObject({
      details: { pointer: '/sameDevise' },
      hint: expect.stringMatching(/^change \/sameDevise in the options .*sameDevice/),
    });
    expect(codeOf({ maxMessageBytes: -1 })).toMatchObject({ details: { pointer: '/maxMessageBytes' } });
    expect(codeOf({ timeouts: { headersMs: Number.NaN } })).toMatchObject({
      details: { pointer: '/timeouts/headersMs' },
    });
    expect(codeOf({ timeouts: { tlsMs: 1 } })).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    expect(codeOf({ dryRun: 'yes' })).toMatchObject({ details: { pointer: '/dryRun' } });
    expect(codeOf({ audits: 'none' })).toMatchObject({ details: { pointer: '/audits' } });
    expect(codeOf({ operations: {} })).toMatchObject({ details: { pointer: '/operations' } });
    expect(codeOf({ invoke: { call: () => undefined } })).toMatchObject({ details: { pointer: '/invoke' } });
    expect(codeOf({ presenter: null })).toMatchObject({ details: { pointer: '/presenter' } });
    expect(codeOf({ traceparent: `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01` })).toMatchObject({
      details: { pointer: '/traceparent' },
    });
  });

  it.each(['artifacts.read', 'events.next', 'invoke.call', 'shell.run'])(
    'lends no %s without what it needs',
    (name) => {
      const lend = (): unknown => openHost(makeFolder(), EVERYTHING, { functions: [name] });
      expect(lend).toThrow(
        expect.objectContaining({
          code: 'ERR_CONFIG_INVALID',
          details: { pointer: '/functions', function: name, option: name.split('.')[0] },
        }),
      );
    },
  );

  it('knows analytics.track, and takes no call of it', async () => {
    const { call } = openHost(makeFolder(), EVERYTHING, { functions: ['analytics.track'] });
    expect(await outcome(call('analytics.track', 'name', {}))).toBe('ERR_PERMISSION_DENIED');
  });

  it('gives in one answer what one message to a guest carries, and no more', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'large'), '');
    truncateSync(join(root, 'large'), MAX_MESSAGE_BYTES + 1);
    const quotas = { maxBytesRead: 2 * MAX_MESSAGE_BYTES + 1 };
    const { call } = openHost(root, { ...EVERYTHING, quotas });
    const error: unknown = await call('fs.readFile', 'large').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_OUTPUT_EXCEEDED', details: { limit: MAX_MESSAGE_BYTES } });
    truncateSync(join(root, 'large'), MAX_MESSAGE_BYTES);
    expect(await call('fs.readFile', 'large')).toHaveLength(MAX_MESSAGE_BYTES);
  });

  it('tells what to do about a refusal that no rule can lift', async () => {
    const root = makeFolder();
    symlinkSync('/etc/passwd', join(root, 'link'));
    const { call } = openHost(root, EVERYTHING);
    const error: unknown = await call('fs.readFile', 'link').catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'ERR_PERMISSION_DENIED',
      details: { reason: 'link' },
      hint: 'name the file by its real path below the root',
    });
  });

  it('tells which rule would allow what was denied, in the document that lacks it, and nothing else of that', async () => {
    const root = makeFolder();
    const asked: PermissionSpec = { fs: { mode: 'readWrite', allow: ['a', 'b'], deny: ['c'] } };
    const granted: PermissionSpec = { fs: { mode: 'read', allow: ['hush/**', 'c'], deny: ['a/hushed'] } };
    const policy = intersectPolicies({
      asked: compilePolicy(asked, { root, source: 'manifest', pointer: '/permissions' }),
      granted: compilePolicy(granted, { root, pointer: '/permissions' }),
    });
    const { call, audits } = openHost(root, {}, { policy });
    const hintOf = async (...args: readonly [string, ...unknown[]]): Promise<unknown> =>
      call(...args).catch((error: unknown) => (isPluginError(error) ? [error.code, error.hint] : error));
    const denied = (hint: string): unknown => ['ERR_PERMISSION_DENIED', hint];
    expect(await hintOf('fs.readFile', 'a/x')).toEqual(denied('in the grant, add "a/x" to /permissions/fs/allow'));
    expect(await hintOf('fs.readFile', 'a/hushed')).toEqual(
      denied('in the grant, remove what matches from /permissions/fs/deny, add "a/hushed" to /permissions/fs/allow'),
    );
    expect(await hintOf('fs.readFile', 'c')).toEqual(
      denied('in the manifest, remove what matches from /permissions/fs/deny, add "c" to /permissions/fs/allow'),
    );
    expect(await hintOf('fs.readFile', 'd')).toEqual(
      denied('in the manifest and in the grant, add "d" to /permissions/fs/allow'),
    );
    expect(await hintOf('fs.writeFile', 'b/x', new Uint8Array())).toEqual(
      denied('in the grant, add "b/x" to /permissions/fs/allow, set /permissions/fs/mode to "readWrite"'),
    );
    expect(await hintOf('net.fetch', { url: 'https://a.test/?token=secret' })).toEqual(
      denied('in the manifest and in the grant, add "a.test" to /permissions/net/allow'),
    );
    expect(await hintOf('fs.readFile', '../x')).toEqual(
      denied('name a path below the root, or let the host choose a root that holds it'),
    );
    expect(audits.map(({ patches }) => patches.length)).toEqual([1, 1, 1, 2, 1, 2, 0]);
  });

  it('charges every call, also one to nothing, before anything else', async () => {
    const { api, call, meter } = openHost(makeFolder(), { ...EVERYTHING, quotas: { maxHostCalls: 3 } });
    expect(await outcome(call('nothing'))).toBe('ERR_PERMISSION_DENIED');
    expect(await outcome(call('fs.stat', 7))).toBe('ERR_INVALID_ARGUMENT');
    expect(await outcome(call('fs.stat', '.'))).toMatch(/^resolved/);
    expect(await outcome(call('fs.stat', '.'))).toBe('ERR_QUOTA_EXCEEDED');
    expect(meter.used('maxHostCalls')).toBe(3);
    expect(api.callsByName).toEqual({ 'fs.stat': 2 });
  });

  it('answers env.read with a copy of what was selected', async () => {
    const { call } = openHost(makeFolder(), {}, { env: { TOKEN: 'x' } });
    expect(await call('env.read')).toEqual({ TOKEN: 'x' });
  });

  it('tells of denials alone where nobody hears of the rest, and refuses the same', async () => {
    const { api, audits, call } = openHost(makeFolder(), EVERYTHING, { audits: 'denials' });
    for (const path of ['a', '../b', 'c']) await outcome(call('fs.readFile', path));
    expect(audits.map(({ target, decision }) => [target, decision.allowed])).toEqual([['../b', false]]);
    expect(api.denials).toBe(1);
  });

  it('counts denials, and audits them with what would lift them', async () => {
    const { api, audits, call } = openHost(makeFolder(), { fs: { mode: 'read', allow: ['data'] } });
    expect(await outcome(call('fs.readFile', 'other'))).toBe('ERR_PERMISSION_DENIED not-requested');
    expect(await outcome(call('fs.readFile', 'data/x'))).toBe('ERR_IO_FAILED ENOENT');
    expect(api.denials).toBe(1);
    expect(audits.map(({ kind, operation, target, decision }) => [kind, operation, target, decision.allowed])).toEqual([
      ['fs', 'read', 'other', false],
      ['fs', 'read', 'data/x', true],
    ]);
    expect(audits[0]?.patches.length).toBeGreaterThan(0);
    expect(audits[1]?.patches).toEqual([]);
  });

  it('refuses everything once it is disposed, and leaves no descriptor open', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'a'), 'a');
    const before = countDescriptors();
    const { api, call } = openHost(root, EVERYTHING);
    const early = call('fs.readFile', 'a');
    await early;
    await api[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
    expect(await outcome(call('fs.readFile', 'a'))).toBe('ERR_PERMISSION_DENIED run-over');
    expect(await outcome(call('net.fetch', { url: 'https://example.com' }))).toBe('ERR_PERMISSION_DENIED run-over');
    expect(countDescriptors()).toBe(before);
  });

  it('stops a call whose signal has aborted', async () => {
    const { api } = openHost(makeFolder(), EVERYTHING);
    expect(await outcome(api.call('fs.writeFile', ['a', 'a'], { signal: AbortSignal.abort() }))).toBe('ERR_ABORTED');
    expect(await outcome(api.call('fs.readDir', ['.'], { signal: AbortSignal.abort() }))).toBe('ERR_ABORTED');
  });
});
