import { existsSync, realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecuteResult, PluginContextOptions, ShellRule } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { hostSidePlaces, openScene, places, pluginFolder } from './scene.js';
import type { Scene } from './scene.js';

const ECHO = realIfThere('/bin/echo');
const CAT = realIfThere('/bin/cat');
const SH = realIfThere('/bin/sh');

function realIfThere(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

function run(
  scene: Scene,
  input: { readonly command: string; readonly args: readonly string[] },
  more: { readonly allow: readonly ShellRule[] } & Partial<PluginContextOptions>,
): Promise<ExecuteResult> {
  const { allow, ...rest } = more;
  const context = scene.grant({
    pluginRoot: pluginFolder('rooms'),
    capabilities: ['shell.run'],
    permissions: { fs: { mode: 'read', allow: ['.'] }, shell: { allow } },
    ...rest,
  });
  return scene.runtime.execute('./handlers.js#runsCommand', input, context);
}

const hasCommands = process.platform !== 'win32' && [ECHO, CAT, SH].every((path) => existsSync(path));

describe.each(hostSidePlaces)('$name', ({ create, works, notRun }) => {
  describe.skipIf(!works || !hasCommands)(
    `a command${hasCommands ? notRun : ' (not run: no echo, cat and sh)'}`,
    () => {
      it('is run with the arguments that a rule names, and no shell reads them', async () => {
        await using scene = await openScene(create());
        const args = ['$(id)', '`id`', ';', 'two words'];
        const result = await run(scene, { command: ECHO, args }, { allow: [{ command: ECHO, args: ['**'] }] });
        expect(result).toMatchObject({ ok: true, data: { exitCode: 0, text: '$(id) `id` ; two words\n' } });
        expect(result.metrics.commands.used).toBe(1);
        expect(result.operations).toMatchObject([{ name: 'shell.run', reversible: false }]);
      });

      it.each([
        ['no rule', ECHO, ['x'], []],
        ['another argument than the rule says', ECHO, ['x'], [{ command: ECHO, args: ['y'] }]],
        ['an option where the rule has a star', ECHO, ['-e'], [{ command: ECHO, args: ['*'] }]],
        ['an interpreter that the rule does not call one', SH, ['-c', 'id'], [{ command: SH, args: ['-c', '*'] }]],
      ])('is refused for %s', async (_, command, args, allow) => {
        await using scene = await openScene(create());
        const result = await run(scene, { command, args }, { allow });
        expect(result).toMatchObject({ ok: false, error: { error: { code: 'ERR_PERMISSION_DENIED' } } });
        expect(result.denials).toMatchObject([{ kind: 'shell', operation: 'run' }]);
      });

      it('does not run in a dry run', async () => {
        await using scene = await openScene(create());
        const allow = [{ command: ECHO, args: ['*'] }];
        const result = await run(scene, { command: ECHO, args: ['x'] }, { allow, dryRun: true });
        expect(result).toMatchObject({
          ok: false,
          error: { error: { code: 'ERR_PERMISSION_DENIED' } },
          denials: [{ decision: { allowed: false, reason: 'dry-run' } }],
        });
      });

      it('that fails is an answer, and five of them leave the sixth its turn', async () => {
        await using scene = await openScene(create());
        const missing = join(scene.root, 'nobody.txt');
        const allow = [{ command: CAT, args: ['*'] }];
        for (let count = 0; count < 5; count += 1) {
          const failed = await run(scene, { command: CAT, args: [missing] }, { allow });
          expect(failed).toMatchObject({ ok: true, data: { exitCode: 1 } });
        }
        await writeFile(join(scene.root, 'here.txt'), 'here');
        const read = await run(scene, { command: CAT, args: [join(scene.root, 'here.txt')] }, { allow });
        expect(read).toMatchObject({ ok: true, data: { exitCode: 0, text: 'here' } });
      });
    },
  );
});

const walls = places.filter(({ name }) => name === 'fork with the wall');

describe.each(walls)('behind the wall of commands', ({ create, works, notRun }) => {
  it.skipIf(!works)(`a command sees no file outside of the root${notRun}`, async () => {
    await using scene = await openScene(create(), { hostApi: { shell: { wall: 'required' } } });
    const allow = [{ command: CAT, args: ['*'] }];
    const results = [
      await run(scene, { command: CAT, args: [scene.secret] }, { allow }),
      await run(scene, { command: CAT, args: ['/etc/shadow'] }, { allow }),
      await run(scene, { command: CAT, args: [join(scene.root, 'data/hello.txt')] }, { allow }),
    ];
    expect(results.map((result) => result.ok && result.data)).toEqual([
      { exitCode: 1, text: '' },
      { exitCode: 1, text: '' },
      { exitCode: 0, text: 'hello' },
    ]);
  });
});
