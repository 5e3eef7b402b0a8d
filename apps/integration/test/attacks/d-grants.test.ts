import { isPluginError } from '@kb-labs/contracts';
import type { PermissionSpec } from '@kb-labs/contracts';
import { checkEnvPermission } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { nodePlaces } from '../scene.js';
import { codeOf, dataOf, openArena } from './arena.js';

const env = {
  AWS_REGION: 'region',
  AWS_SECRET_ACCESS_KEY: 'secret',
  APP_NAME: 'name',
  APP_: 'short',
  APP: 'shorter',
  NODE_OPTIONS: '--inspect',
  LD_PRELOAD: '/evil.so',
  SSLKEYLOGFILE: '/tmp/keys',
  HOME: '/root',
  __proto__x: 'x',
};

describe.each(nodePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`variables${place.notRun}`, () => {
    const arena = openArena(place, 'd');

    const granting = (spec: PermissionSpec['env']): object => ({
      capabilities: ['env.read'],
      env,
      permissions: { env: spec },
    });
    const read = async (names: readonly string[], spec: PermissionSpec['env']): Promise<unknown> =>
      dataOf(await arena.run('reads', names, granting(spec)));

    it('D01 gives what is granted, and nothing beside it', async () => {
      const bout = await arena.run('lists', {}, granting({ allow: ['APP_*', 'HOME', 'NOT_SET'] }));
      const own = ['APP_', 'APP_NAME', 'HOME'];
      const lists = dataOf(bout) as { readonly own: readonly string[]; readonly inherited: readonly string[] };
      expect(lists).toMatchObject({ own, values: ['/root', 'name', 'short'] });
      expect(lists.inherited).toEqual(own);
    });

    it('D01 has no names that every object has', async () => {
      const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__proto__x', 'APP', 'app_name', ''];
      expect(await read(names, { allow: ['APP_*'] })).toEqual(names.map(() => null));
    });

    it('D01 lets nobody write down what was not granted', async () => {
      const changes = dataOf(await arena.run('changes', { name: 'AWS_REGION' }, granting({ allow: ['APP_*'] })));
      expect(changes).toEqual({ outcomes: Array.from({ length: 4 }, () => 'TypeError'), value: null });
    });

    it('D07 lets a deny win over every allow, and tells of it once', async () => {
      const key = 'AWS_SECRET_ACCESS_KEY';
      const region = ['region', null];
      expect(await read(['AWS_REGION', key], { allow: ['AWS_*', key], deny: [key] })).toEqual(region);
      expect(await read(['AWS_REGION', key], { allow: ['AWS_*', key], deny: ['AWS_SECRET_*'] })).toEqual(region);
      const bout = await arena.run('reads', [key], granting({ allow: [key], deny: [key] }));
      expect(bout.denied).toMatchObject([{ kind: 'env', target: key, decision: { reason: 'denied-by-rule' } }]);
      expect(JSON.stringify(bout.denied)).not.toContain('secret');
    });

    it('D07 lets nobody have what tells a process what to load', async () => {
      const names = ['NODE_OPTIONS', 'LD_PRELOAD', 'SSLKEYLOGFILE'];
      expect(await read(names, { allow: [...names, 'NO*', 'LD*', 'SS*'] })).toEqual(names.map(() => null));
    });

    it.each(['*', '', 'A*', '*_KEY', '**', 'A?B', '.*', 'AWS_*,HOME', '!HOME', 'A=B', '$HOME', 'AWS_\n'])(
      'D08 refuses the pattern %j, of a manifest and of a host',
      async (pattern) => {
        const { runtime, grant } = arena.scene();
        // No host grants everything: not even "*" is a rule of its own.
        expect(() => grant(granting({ allow: [pattern] }))).toThrow(
          expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
        );
        const manifest = {
          schema: 'kb.plugin/3',
          id: '@test/d',
          version: '1.0.0',
          permissions: { env: { allow: [pattern] } },
          capabilities: ['env.read'],
        };
        const context = grant(granting({ allow: ['APP_*'] }));
        const result = await runtime
          .execute('./handlers.js#lists', {}, context, manifest)
          .catch((error: unknown) => error);
        const code = isPluginError(result) ? result.code : codeOf({ result: result as never });
        expect(code).toBe('ERR_MANIFEST_INVALID');
      },
    );

    it('D08 takes an empty list, and none, for nothing', async () => {
      for (const spec of [{ allow: [] }, {}, undefined]) {
        const bout = await arena.run(
          'lists',
          {},
          spec === undefined ? { capabilities: ['env.read'], env } : granting(spec),
        );
        expect(dataOf(bout)).toMatchObject({ own: [], values: [] });
      }
    });
  });
});

describe('pure rules', () => {
  it('D07 denies by the rule that denies', () => {
    const spec = { allow: ['AWS_*'], deny: ['AWS_SECRET_ACCESS_KEY'] };
    expect(checkEnvPermission('AWS_SECRET_ACCESS_KEY', spec)).toMatchObject({ reason: 'denied-by-rule' });
    expect(checkEnvPermission('AWS_REGION', spec)).toMatchObject({ allowed: true, rule: 'AWS_*' });
  });
});
