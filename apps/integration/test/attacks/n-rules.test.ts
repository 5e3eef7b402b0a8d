import { createMemoryArtifactStore, parsePathTemplate } from '@kb-labs/artifacts';
import { parseCapability } from '@kb-labs/capabilities';
import { compilePolicy } from '@kb-labs/permissions';
import {
  ArtifactBroker,
  checkCapabilities,
  checkFsPermission,
  createAnalytics,
  createAuditLog,
  createEventBus,
  createPluginContext,
  createRuntime,
  createSnapshotRecorder,
  createTraceRecorder,
  execute,
  forkSandbox,
  parseManifest,
  validateCapabilityNames,
} from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';

const manifest = {
  schema: 'kb.plugin/1',
  id: 'attack-n',
  version: '1.0.0',
  engines: { runtime: '*' },
  handlers: { run: { handler: './handlers.js#run' } },
} as const;

/** The quickest of several tries, in milliseconds: what the work takes, whatever else the machine does. A fast one is enough. */
function quickest(work: () => unknown): number {
  let best = Infinity;
  const begun = performance.now();
  for (let tries = 0; best > 0.5 && (tries < 3 || performance.now() - begun < 1_000); tries++) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** What a call throws, `undefined` where it returns. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

const refused = (pointer: string, code = 'ERR_CONFIG_INVALID'): unknown =>
  expect.objectContaining({ code, details: expect.objectContaining({ pointer }) });

describe('pure rules', () => {
  it('N04 bounds lists of capabilities, and counts a name once', () => {
    expect(checkCapabilities(['fs.read', 'fs.read'], ['fs.read', 'fs.read'])).toEqual({
      granted: ['fs.read'],
      missing: [],
    });
    const many = Array.from({ length: 1_000_000 }, (_, index) => `acme.c${index}`);
    const long = ['x'.repeat(1_000_000)];
    const invalid = expect.objectContaining({ code: 'ERR_CONFIG_INVALID' });
    for (const names of [many, long]) {
      for (const work of [
        () => checkCapabilities(names, []),
        () => checkCapabilities([], names),
        () => createPluginContext({ capabilities: names, permissions: {} }),
      ]) {
        expect(thrownBy(work)).toEqual(invalid);
        expect(quickest(() => thrownBy(work))).toBeLessThan(200);
      }
      expect(thrownBy(() => parseManifest({ ...manifest, capabilities: names }))).toEqual(
        expect.objectContaining({ code: 'ERR_MANIFEST_INVALID' }),
      );
    }
    expect(thrownBy(() => validateCapabilityNames(many))).toEqual(invalid);
    expect(validateCapabilityNames(long)).toMatchObject({ valid: [], invalid: [{ reason: 'too-long' }] });
    expect(String(Object(thrownBy(() => checkCapabilities([], long))).message).length).toBeLessThan(1_000);
  });

  it.each([
    ['', { alow: [] }, '/alow'],
    ['', { 'f s': {} }, '/f s'],
    ['fs', { mode: 'read', alow: ['.'] }, '/fs/alow'],
    ['fs', { mode: 'read', allow: ['.'], Deny: ['secret'] }, '/fs/Deny'],
    ['net', { allow: [], allowHosts: ['x.test'] }, '/net/allowHosts'],
    ['env', { allow: [], whitelist: ['HOME'] }, '/env/whitelist'],
    ['artifacts', { read: [{ from: 'self', path: ['**'] }] }, '/artifacts/read/0/path'],
    ['events', { publish: ['a.b'] }, '/events/publish'],
    ['invoke', { alow: [] }, '/invoke/alow'],
    ['shell', { allow: [{ command: '/bin/true', arg: [] }] }, '/shell/allow/0/arg'],
    ['quotas', { timeoutMS: 1 }, '/quotas/timeoutMS'],
  ])('N07 an unknown key is refused with the place of it: %s %j', (section, value, pointer) => {
    const permissions: object = section === '' ? value : { [section]: value };
    const work = (): unknown => createPluginContext({ capabilities: [], permissions });
    expect(thrownBy(work)).toEqual(refused(`/permissions${pointer}`));
    expect(thrownBy(() => parseManifest({ ...manifest, permissions }))).toEqual(
      refused(`/permissions${pointer}`, 'ERR_MANIFEST_INVALID'),
    );
  });

  it('N10 a pattern that would make a matcher slow is refused, and what is taken stays quick', () => {
    const path = `/srv/${'a/'.repeat(200)}${'a'.repeat(200)}b`;
    const slow = ['**/a/'.repeat(12), `${'*a'.repeat(25)}c`, '+(+(+(a)))b', '?(a|b)*', '@(a|ab)*(c)', '*(a)*(a)*(a)b'];
    for (const rule of slow) {
      const work = (): unknown => checkFsPermission(path, { mode: 'read', allow: [rule] }, { root: '/srv' });
      expect(thrownBy(work)).toEqual(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
      expect(quickest(() => thrownBy(work))).toBeLessThan(5);
    }
    // The worst that passes: as many stars as there may be, on a path that almost fits.
    const worst = [
      `${'**/a/'.repeat(8)}c`,
      `**/${'*a'.repeat(8)}c`,
      `${'**/*a*/'.repeat(7)}c`,
      `${'**/a?a?/'.repeat(4)}c`,
    ];
    for (const rule of worst) {
      const policy = compilePolicy({ fs: { mode: 'read', allow: [rule] } }, { root: '/srv' });
      const work = (): unknown => policy.check({ kind: 'fs', operation: 'read', path });
      expect(Object(work()).allowed).toBe(false);
      expect([rule, quickest(work) < 5]).toEqual([rule, true]);
    }
  });

  it('N10 the globs of artifacts and the patterns of topics are as quick', async () => {
    const paths = ['**/*a*a*a*a*a*a*a*a*b'];
    const rules = [{ read: [{ from: 'self', paths }], write: [] }];
    const broker = new ArtifactBroker({ store: createMemoryArtifactStore(), pluginId: 'attack-n', rules });
    const address = `${'a/'.repeat(100)}${'a'.repeat(200)}`;
    const start = performance.now();
    await expect(broker.stat(address)).rejects.toMatchObject({ code: 'ERR_PERMISSION_DENIED' });
    expect(performance.now() - start).toBeLessThan(1_000);
    const topics = { produce: [], consume: ['**.a.**'], scopes: ['execution' as const] };
    await using bus = createEventBus();
    const port = bus.openPort({ pluginId: 'attack-n', executionId: 'run', traceId: 'trace', rules: [topics] });
    expect(quickest(() => thrownBy(() => port.subscribe('**.b.**', () => undefined)))).toBeLessThan(5);
  });

  it.each(['a{1..1000000}', '{a,b}'.repeat(20), '{a', 'a}', '{,}', '{a,{b,c}}', '${HOME}'])(
    'N11 braces are refused, not expanded: %j',
    (rule) => {
      const work = (): unknown => checkFsPermission('/srv/a', { mode: 'read', allow: [rule] }, { root: '/srv' });
      expect(thrownBy(work)).toEqual(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
      expect(quickest(() => thrownBy(work))).toBeLessThan(5);
      const artifacts = { write: [{ paths: [rule] }] };
      expect(thrownBy(() => createPluginContext({ capabilities: [], permissions: { artifacts } }))).toEqual(
        refused('/permissions/artifacts/write/0/paths/0'),
      );
    },
  );

  it('N13 refuses a negated pattern in every list', () => {
    for (const rule of ['!secret', '!', '!**', '!!x', '!x.test']) {
      const lists = {
        '/fs/allow/0': { fs: { mode: 'read', allow: [rule] } },
        '/fs/deny/0': { fs: { mode: 'read', allow: ['.'], deny: [rule] } },
        '/net/allow/0': { net: { allow: [rule] } },
        '/net/deny/0': { net: { deny: [rule] } },
        '/env/allow/0': { env: { allow: [rule] } },
        '/env/deny/0': { env: { deny: [rule] } },
        '/artifacts/read/0/paths/0': { artifacts: { read: [{ from: 'self', paths: [rule] }] } },
        '/events/consume/0': { events: { consume: [rule] } },
        '/invoke/allow/0': { invoke: { allow: [rule] } },
      };
      for (const [pointer, permissions] of Object.entries(lists)) {
        const work = (): unknown => createPluginContext({ capabilities: [], permissions: permissions as object });
        expect([rule, pointer, thrownBy(work)]).toEqual([rule, pointer, refused(`/permissions${pointer}`)]);
      }
    }
    // With a space before it, it is the name of a file, and of no other.
    const literal = { mode: 'read', allow: [' !secret'] } as const;
    expect(checkFsPermission('/srv/public', literal, { root: '/srv' })).toMatchObject({ allowed: false });
  });

  it.each([
    ['spaces', `1.0.0${' '.repeat(50_000)}|| 2`],
    ['alternatives', '1||'.repeat(20_000)],
    ['digits', '1'.repeat(1_000_000)],
    ['dashes', `1.0.0-${'-'.repeat(50_000)}`],
    ['just too long', `1${' '.repeat(256)}`],
  ])('N14 a range of versions with many %s is refused for its length', (_, range) => {
    const places: readonly (() => unknown)[] = [
      () => parseCapability(`fs.read@${range}`),
      () => parseManifest({ ...manifest, engines: { runtime: range } }),
      () => createPluginContext({ capabilities: [`fs.read@${range}`], permissions: {} }),
    ];
    for (const work of places) {
      expect(Object(thrownBy(work)).code).toMatch(/^ERR_(?:CONFIG|MANIFEST)_INVALID$/u);
      expect(quickest(() => thrownBy(work))).toBeLessThan(5);
    }
    expect(quickest(() => thrownBy(() => parseCapability(`fs.read@${range}`)))).toBeLessThan(1);
  });

  it('N16 tells the first ten of a hundred thousand mistakes, in bounded time and text', () => {
    const rules = Array.from({ length: 1_000 }, () => ({ nonsense: 1, more: 2 }));
    const permissions = {
      artifacts: { read: rules, write: rules },
      net: { allow: Array.from({ length: 1_000 }, () => '!') },
    };
    for (const work of [
      () => createPluginContext({ capabilities: [], permissions: permissions as object }),
      () => parseManifest({ ...manifest, permissions }),
      () => parseManifest({ ...manifest, handlers: Object.fromEntries(rules.map((_, index) => [`h ${index}`, {}])) }),
      () => parseManifest(Object.fromEntries(Array.from({ length: 19_000 }, (_, index) => [`k${index}`, index]))),
      () => parseManifest({ ...manifest, capabilities: Array.from({ length: 256 }, () => '!') }),
    ]) {
      const error = Object(thrownBy(work));
      expect(error.code).toMatch(/^ERR_(?:CONFIG|MANIFEST)_INVALID$/u);
      expect(error.details.issues.length).toBeLessThanOrEqual(10);
      expect(JSON.stringify([error.message, error.details]).length).toBeLessThan(20_000);
      expect(quickest(() => thrownBy(work))).toBeLessThan(1_000);
    }
  });

  it('N17 takes a manifest and a spec as JSON data alone, and runs no code of them', () => {
    let ran = 0;
    const run = (): never => {
      ran += 1;
      throw new Error('never');
    };
    const getter = Object.defineProperty({ ...manifest }, 'id', { enumerable: true, get: run });
    class Manifest {
      schema = 'kb.plugin/1';
    }
    const traps = { get: run, ownKeys: run, getPrototypeOf: run, getOwnPropertyDescriptor: run, has: run };
    const frozen = Object.freeze({
      ...manifest,
      permissions: Object.freeze({ net: Object.freeze({ allow: ['x.test'] }) }),
    });
    for (const value of [
      getter,
      new Manifest(),
      Object.create(manifest),
      new Proxy(manifest, traps),
      { ...manifest, handlers: new Proxy({}, traps) },
      { ...manifest, handlers: new Map() },
      { ...manifest, [Symbol('x')]: 1 },
      { ...manifest, permissions: { net: { allow: new Proxy([], traps) } } },
      JSON.parse(`{"__proto__":${JSON.stringify(manifest)}}`),
      [manifest],
      null,
      () => manifest,
    ]) {
      expect(thrownBy(() => parseManifest(value))).toEqual(expect.objectContaining({ code: 'ERR_MANIFEST_INVALID' }));
    }
    expect(ran).toBe(0);
    // A copy: what the holder of the value does to it later changes nothing.
    const parsed = parseManifest(frozen);
    frozen.permissions.net.allow.push('evil.test');
    expect(parsed.permissions).toEqual({ net: { allow: ['x.test'] } });
    expect(Object.isFrozen(parsed.permissions)).toBe(true);
  });

  it('N20 has nobody to ask: an option that would ask, or any other that is not known, is refused everywhere', async () => {
    // There is no prompter in this design. What is denied stays denied, so no answer of a person, late, thrown or true enough, can allow
    // anything; and a host that believes in such an option is told that there is none.
    const context = { capabilities: [], permissions: {} };
    const names = ['prompter', 'request', 'onRequest', 'askUser', 'allowAll', 'permision', 'trusted', 'onAudit'];
    for (const name of names) {
      const extra: Record<string, unknown> = { [name]: () => true };
      const makers: readonly (() => unknown)[] = [
        () => createPluginContext({ ...context, ...extra }),
        () => createRuntime({ ...extra }),
        () => compilePolicy({}, { root: '/srv', ...extra }),
        () => checkFsPermission('/srv/x', { mode: 'read', allow: ['.'] }, { root: '/srv', ...extra }),
        () => parseManifest(manifest, { ...extra }),
        () => forkSandbox({ ...extra }),
        () => createEventBus({ ...extra }),
        () => createAnalytics({ sinks: [], ...extra }),
        () => createTraceRecorder({ ...extra }),
        () => createAuditLog({ file: '/nowhere/x', ...extra }),
        () => createSnapshotRecorder({ directory: '/nowhere', ...extra }),
        () => createMemoryArtifactStore({ ...extra }),
        () => new ArtifactBroker({ store: createMemoryArtifactStore(), pluginId: 'x', rules: 'host', ...extra }),
        () => parsePathTemplate('x', { variables: [], ...extra }),
      ];
      const taken = makers
        .filter((make) => !/^ERR_(?:CONFIG_INVALID|INVALID_ARGUMENT)$/u.test(Object(thrownBy(make)).code))
        .map(String);
      expect([name, taken]).toEqual([name, []]);
    }
    const request = { handler: { file: './x.js', export: 'x' }, input: {}, prompter: () => true };
    await expect(execute(request, createPluginContext(context))).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });
});
