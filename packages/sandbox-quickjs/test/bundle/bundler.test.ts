import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf, openQuickjs, valueOf } from '../quickjs-scene.js';

const MAP = JSON.stringify({ version: 3, sources: ['source.ts'], names: [], mappings: 'AAMA' });

describe('the code of a handler', () => {
  const scene = openQuickjs({ maxSourceBytes: 3_000_000 });
  const runCode = async (code: string, more: Readonly<Record<string, string>> = {}) => {
    await scene.write({ 'plugin/handlers.js': code, ...more });
    return await scene.run('run');
  };

  it('may be several files of every kind, and packages in its own folder', async () => {
    const outcome = await runCode(
      `import { typed } from './typed.ts';
       import common from './common.cjs';
       import data from './data.json' with { type: 'json' };
       import { inside } from 'inside/part';
       import * as late from './late.mjs';
       export const run = async () => [typed(1), common.common, data.data, inside, late.late, (await import('./late.mjs')).late];`,
      {
        'plugin/typed.ts': 'export const typed = (value: number): string => `typed ${value}`;',
        'plugin/common.cjs': "exports.common = require('./data.json').data;",
        'plugin/data.json': '{ "data": "data" }',
        'plugin/late.mjs': "await null; export const late = 'late';",
        'plugin/node_modules/inside/package.json':
          '{ "name": "inside", "exports": { "./part": { "import": "./p.mjs" } } }',
        'plugin/node_modules/inside/p.mjs': "export const inside = 'inside';",
      },
    );
    expect(valueOf(outcome)).toEqual(['typed 1', 'data', 'data', 'inside', 'late', 'late']);
  });

  it.each(['exports.run = () => 42;', 'module.exports = { run: () => 42 };'])(
    'may be a CommonJS module: %s',
    async (code) => {
      await scene.write({ 'plugin/handlers.cjs': code });
      expect(valueOf(await scene.run('run', { file: 'handlers.cjs' }))).toBe(42);
    },
  );

  it.each([
    ['node:fs', 'no Node API'],
    ['fs', 'no Node API'],
    ['fs/promises', 'no Node API'],
    ['../outside.js', 'leads out of the plugin'],
    ['../plugin-2/x.js', 'leads out of the plugin'],
    ['./link.js', 'not in the plugin'],
    ['./folder-link/outside.js', 'not in the plugin'],
    ['/etc/passwd', 'absolute path'],
    ['file:///etc/passwd', 'is a URL'],
    ['data:text/javascript,export const a = 1', 'is a URL'],
    ['https://example.com/a.js', 'is a URL'],
    ['above', 'not in the plugin'],
    ['not-there', 'not in the plugin'],
    ['./not-there.js', 'not in the plugin'],
    ['./picture.png', 'no source'],
  ])('may not import %s', async (specifier, reason) => {
    await scene.write({
      'outside.js': 'export const a = 1;',
      'plugin-2/x.js': 'export const a = 1;',
      'node_modules/above/index.js': 'export const a = 1;',
      'plugin/picture.png': 'x',
    });
    await symlink('../outside.js', join(scene.folder(), 'plugin/link.js')).catch(() => undefined);
    await symlink('..', join(scene.folder(), 'plugin/folder-link')).catch(() => undefined);
    const failed = failureOf(
      await runCode(`import * as a from ${JSON.stringify(specifier)}; export const run = () => Object.keys(a);`),
      'ERR_HANDLER_NOT_FOUND',
    );
    expect(failed.error.message).toContain(reason);
    expect(failed.error.message).not.toContain(scene.folder());
    expect(failed.phase).toBe('load');
  });

  it('fails where it asks for a module that is not there, if it asks while it runs', async () => {
    const outcome = await runCode(`
      const told = (error) => error.message;
      export const run = async () => [
        await import('node:fs').catch(told),
        await import('./not-there.js').catch(told),
        await import(['node', 'fs'].join(':')).then(() => 'loaded', () => 'refused'),
        (() => { try { return require('child_process'); } catch (error) { return error.message; } })(),
      ];`);
    expect(valueOf(outcome)).toEqual([
      expect.stringContaining('no Node API'),
      expect.stringContaining('not in the plugin'),
      'refused',
      expect.stringContaining('no Node API'),
    ]);
  });

  it('reaches no file outside by a name that is made while it runs', async () => {
    await scene.write({ 'beside/secret.json': '{ "a": "secret" }', 'plugin/data/own.json': '{ "a": "own" }' });
    const outcome = await runCode(`
      const told = (error) => error.message;
      export const run = async (name) => [
        await import(\`../beside/\${name ?? 'secret'}.json\`).catch(told),
        (() => { try { return require('../beside/' + (name ?? 'secret') + '.json'); } catch (error) { return error.message; } })(),
        (await import(\`./data/\${name ?? 'own'}.json\`)).default,
      ];`);
    const refused = expect.stringContaining('leads out of the plugin');
    expect(valueOf(outcome)).toEqual([refused, refused, { a: 'own' }]);
  });

  it('learns nothing of what is outside from how an import is refused', async () => {
    await scene.write({ 'there.js': 'export const a = 1;', 'node_modules/there/index.js': 'export const a = 1;' });
    await symlink('../there.js', join(scene.folder(), 'plugin/link-there.js')).catch(() => undefined);
    await symlink('../gone.js', join(scene.folder(), 'plugin/link-gone.js')).catch(() => undefined);
    const outcome = await runCode(`
      const told = (error) => error.message.replace('there', 'gone');
      export const run = async () => [
        [await import('../there.js').catch(told), await import('../gone.js').catch(told)],
        [await import('./../../x/there').catch(told), await import('./../../x/gone').catch(told)],
        [await import('./link-there.js').catch(told), await import('./link-gone.js').catch(told)],
        [await import('there').catch(told), await import('gone').catch(told)],
      ];`);
    const pairs = valueOf(outcome) as readonly (readonly string[])[];
    expect(pairs.map(([there]) => there)).toEqual(pairs.map(([, gone]) => gone));
  });

  it('finds under a name that is made while it runs neither links that lead out nor what is no source', async () => {
    await scene.write({ 'outside.json': '{ "a": "secret" }', 'plugin/mixed/a.json': '{}', 'plugin/mixed/b.png': 'x' });
    await symlink('../../outside.json', join(scene.folder(), 'plugin/mixed/link.json')).catch(() => undefined);
    const outcome = await runCode(`
      const told = (error) => error.message;
      export const run = async (name) => [
        await import('./mixed/' + (name ?? 'link.json')).catch(told),
        await import('./mixed/' + (name ?? 'b.png')).catch(told),
      ];`);
    const refused = expect.stringContaining('leads out of the plugin, or is no source');
    expect(valueOf(outcome)).toEqual([refused, refused]);
  });

  it.each([
    ['node:fs', 'no Node API', 'use ctx.* instead, or the fork sandbox'],
    ['fs', 'no Node API', 'use ctx.* instead, or the fork sandbox'],
    ['left-pad', '"left-pad" is not in the plugin', "install it into the plugin's own folder"],
    ['../host.mjs', 'leads out of the plugin', 'keep what a handler imports in its own folder'],
  ])('is told what to do about %s', async (specifier, reason, hint) => {
    const named = JSON.stringify(specifier);
    const { error } = failureOf(
      await runCode(`import * as a from ${named}; export const run = () => a;`),
      'ERR_HANDLER_NOT_FOUND',
    );
    expect([error.message, error.hint]).toEqual([expect.stringContaining(reason), expect.stringContaining(hint)]);
    const late = valueOf(
      await runCode(`export const run = async () => await import(${named}).catch(({ message }) => message);`),
    );
    expect(late).toEqual(expect.stringMatching(new RegExp(`${reason}.*: .*${hint.replaceAll(/[.*]/g, '.')}`)));
  });

  it.skipIf(process.platform === 'win32')('does not wait for a pipe that is called package.json', async () => {
    await scene.write({ 'plugin/piped/part.js': '', 'plugin/node_modules/piped/index.js': '' });
    for (const folder of ['piped', 'node_modules/piped'])
      execFileSync('mkfifo', [join(scene.folder(), 'plugin', folder, 'package.json')]);
    const told = await Promise.all(
      ['./piped/part.js', 'piped'].map(async (specifier, index) => {
        const file = `pipe-${index}.js`;
        await scene.write({ [`plugin/${file}`]: `import '${specifier}'; export const run = () => 1;` });
        return failureOf(await scene.run('run', { file }), 'ERR_HANDLER_NOT_FOUND').error.message;
      }),
    );
    expect(told).toEqual([
      expect.stringContaining('./piped/package.json is no file'),
      expect.stringContaining('./node_modules/piped/package.json is no file'),
    ]);
  });

  it('is compiled as the plugin says, whatever lies around it', async () => {
    await scene.write({
      'tsconfig.json': '{ "compilerOptions": { "paths": { "aliased": ["./outside.js"] }, "baseUrl": "." } }',
      'plugin/tsconfig.json': '{ "extends": "../tsconfig.json" }',
    });
    const failed = failureOf(
      await runCode("import * as a from 'aliased'; export const run = () => a;"),
      'ERR_HANDLER_NOT_FOUND',
    );
    expect(failed.error.message).toContain('not in the plugin');
  });

  it('names its own files and lines in stacks, also after text that is not ASCII', async () => {
    const outcome = await runCode("import { fail } from './deep/fail.ts';\nexport const run = () => fail('é');\n", {
      'plugin/deep/fail.ts':
        "type Text = string;\nconst märk = 'äöü';\nexport function fail(text: Text): never {\n  throw new Error(märk + text);\n}\n",
    });
    const { guestError } = failureOf(outcome, 'ERR_HANDLER_FAILED');
    expect(guestError?.stack?.trim().split('\n')).toEqual([
      expect.stringMatching(/^ *at fail \(\.\/deep\/fail\.ts:4:\d+\)$/),
      expect.stringMatching(/^ *at run \(\.\/handlers\.js:2:\d+\)$/),
    ]);
  });

  it.each([
    '//# sourceMappingURL=../map.json\n',
    '//# sourceMappingURL=map.json',
    '//@ sourceMappingURL=../map.json\n/*\n//# sourceMappingURL=data:,{}*/',
    `//# sourceMappingURL=data:application/json,${encodeURIComponent(MAP)}\n`,
    `//# sourceMappingURL=data:application/json;base64,${Buffer.from(MAP).toString('base64')}`,
  ])('brings no source map of its own, nor one that is read for it: %s', async (comment) => {
    await scene.write({ 'map.json': MAP, 'plugin/map.json': MAP });
    const outcome = await runCode(`export const run = () => { throw new Error('failed'); };\n${comment}`);
    expect(failureOf(outcome, 'ERR_HANDLER_FAILED').guestError?.stack).toContain('(./handlers.js:1:34)');
  });

  it('costs the host no more than a map of 256 KiB: beyond it, stacks name the bundle', async () => {
    const outcome = await runCode(
      `export const run = () => { throw new Error('failed'); }; export const more = (a) => [${'a,'.repeat(80_000)}];`,
    );
    expect(failureOf(outcome, 'ERR_HANDLER_FAILED').guestError?.stack).toMatch(/at run \(\.\/\[bundle\]:\d+:\d+\)/);
  });

  it('that is no JavaScript fails with its place', async () => {
    const { guestError, phase } = failureOf(await runCode('export const run = ;\n'), 'ERR_HANDLER_FAILED');
    expect([guestError?.name, phase]).toEqual(['SyntaxError', 'load']);
    expect(guestError?.stack).toContain('./handlers.js:1:20');
  });

  it('is no larger than maxSourceBytes, with all that it imports', async () => {
    const text = `export const text = '${'x'.repeat(1_600_000)}';`;
    const outcome = await runCode("import './a.js'; import './b.js'; export const run = () => 1;", {
      'plugin/a.js': text,
      'plugin/b.js': text,
    });
    expect(failureOf(outcome, 'ERR_QUOTA_EXCEEDED').error.message).toMatch(/ 3\d{6} bytes or more, of 3000000 /);
  });

  it('makes no bundle that is many times as large', async () => {
    const name = 'L'.repeat(10_000);
    const outcome = await runCode(
      `import { b } from './long.js'; export const run = () => { ${'b;'.repeat(3_000)} return 1; };`,
      { 'plugin/long.js': `let ${name} = 1; export { ${name} as b };` },
    );
    expect(failureOf(outcome, 'ERR_QUOTA_EXCEEDED').error.message).toMatch(/a bundle of 30\d{6} bytes, of 9065536 /);
  });

  it('may export a function named then, and is not called by it', async () => {
    const outcome = await runCode('export const run = () => 42; export function then() { throw new Error("called"); }');
    expect(valueOf(outcome)).toBe(42);
  });

  it('that nests without end is ended with its bundler, and nobody else is', async () => {
    await scene.write({
      'plugin/deep.js': '('.repeat(2_900_000),
      'plugin/handlers.js': 'export const run = () => 42;',
    });
    const [bad, good] = await Promise.all([
      scene.run('run', { file: 'deep.js', limits: { startTimeoutMs: 4_000 } }),
      scene.run('run'),
    ]);
    // esbuild outgrows its memory, or is still at it when the time is up.
    expect(bad.ok ? 'ok' : bad.error.code).toMatch(/^ERR_(?:HANDLER_FAILED|START_TIMEOUT)$/);
    expect(valueOf(good)).toBe(42);
    expect(valueOf(await scene.run('run'))).toBe(42);
    const states = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'stat=,comm='], { encoding: 'utf8' });
    expect(states.split('\n').filter((line) => line.includes('esbuild') && line.startsWith('Z'))).toEqual([]);
  });

  it('is not waited for longer than startTimeoutMs, nor by a caller that is gone', async () => {
    const code = { 'plugin/deep.js': '!'.repeat(2_900_000) };
    await scene.write(code);
    // On a busy machine the place itself may not be ready by then: that is told by `acquire`.
    const late = scene.run('run', { file: 'deep.js', limits: { startTimeoutMs: 700 } });
    const told = await late.then(
      (outcome) => failureOf(outcome, 'ERR_START_TIMEOUT').error,
      (error: unknown) => error,
    );
    expect(told).toMatchObject({ code: 'ERR_START_TIMEOUT', details: { limitMs: 700 } });
    const signal = AbortSignal.timeout(300);
    failureOf(await scene.run('run', { file: 'deep.js', signal }), 'ERR_ABORTED');
  });
});
