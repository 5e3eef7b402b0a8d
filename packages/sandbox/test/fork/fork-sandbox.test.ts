import { forkSandbox } from '@kb-labs/sandbox';
import { afterAll, describe, expect, it } from 'vitest';
import { makePlugin, planFor, runBody, runIn, runOnce, textOf, valueOf, ways } from './fork-scene.js';

describe.each(ways)('a forked guest, wall: $way', ({ way }) => {
  const adapter = forkSandbox({ wall: way });
  afterAll(() => adapter[Symbol.asyncDispose]());

  it('gets nothing of its host but what it was given', async () => {
    const body = `
      const fs = await import('node:fs');
      const open = [];
      for (let fd = 0; fd < 64; fd += 1) {
        try { const stat = fs.fstatSync(fd); // libuv holds the guest's own empty root (inode 2) where there is no /dev/null.
          if (stat.isFile() || (stat.isDirectory() && stat.ino !== 2) || stat.isSocket()) open.push(fd); } catch {}
      }
      return { env: { ...process.env }, ctxEnv: ctx.env, argv: process.argv.slice(2), execArgv: process.execArgv.filter((flag) => /secret|SECRET/.test(flag)), open, input };
    `;
    process.env['KB_TEST_SECRET'] = 'of the host';
    const options = { env: { GIVEN: '1' }, api: ['env.get'], input: { list: [1n] } };
    expect(valueOf(await runBody(adapter, body, options))).toEqual({
      env: { GIVEN: '1' },
      ctxEnv: { GIVEN: '1' },
      argv: [],
      execArgv: [],
      open: expect.toSatisfy((list: number[]) => list.every((fd) => fd <= 3)),
      input: { list: [1n] },
    });
    delete process.env['KB_TEST_SECRET'];
  });

  it('has its words passed on in order, each with its source and level', async () => {
    const body = `
      console.log('a %d', 1); console.warn('b'); process.stdout.write('c\\n'); console.error('d'); ctx.log.debug('e', { f: 1 });
      process.stderr.write('g'); console.table([{ h: 1 }]); ctx.progress('half', 0.5); console.debug({ get i() { throw new Error('hostile'); } });
    `;
    const run = await runBody(adapter, body);
    expect(textOf(run.notes)).toEqual([
      'console info: a 1',
      'console warn: b',
      'stdout info: c',
      'console error: d',
      'log debug: e',
      'stderr error: g',
      expect.stringContaining('console info: ┌'),
      'console debug: { i: [Getter] }',
    ]);
    expect(run.notes.filter(({ kind }) => kind === 'progress')).toEqual([
      { kind: 'progress', message: 'half', fraction: 0.5 },
    ]);
  });

  it.each<[string, string, object]>([
    ['throws', "throw new TypeError('x')", { code: 'ERR_HANDLER_FAILED', message: 'the handler failed: x' }],
    [
      'leaves a rejection',
      "Promise.reject(new Error('lost')); await new Promise(() => setInterval(() => {}, 1e3))",
      { code: 'ERR_HANDLER_FAILED', message: 'the handler failed: lost' },
    ],
    [
      'throws where nobody listens',
      "setTimeout(() => { throw new Error('late'); }); await new Promise(() => {})",
      { code: 'ERR_HANDLER_FAILED', message: 'the handler failed: late' },
    ],
    ['exits', 'process.exit(0)', { code: 'ERR_SANDBOX_CRASHED', details: { exitCode: 0 } }],
    [
      'exits with a code',
      "process.on('exit', () => { process.exitCode = 3; }); process.exit(7)",
      { code: 'ERR_SANDBOX_CRASHED', details: { exitCode: 3 } },
    ],
    ['exits for real', 'process.reallyExit(9)', { code: 'ERR_SANDBOX_CRASHED', details: { exitCode: 9 } }],
    [
      'aborts',
      'process.abort()',
      { code: 'ERR_SANDBOX_CRASHED', details: { signal: expect.stringMatching(/^SIG(ABRT|TRAP|ILL|SEGV)$/) } },
    ],
    [
      'closes its channel',
      "const { closeSync } = await import('node:fs'); closeSync(3); await new Promise(() => setInterval(() => {}, 1e3))",
      { code: 'ERR_SANDBOX_CRASHED' },
    ],
    [
      'writes into its channel',
      "const { writeSync } = await import('node:fs'); writeSync(3, 'garbage that is no frame'); await new Promise(() => setInterval(() => {}, 1e3))",
      { code: 'ERR_PROTOCOL' },
    ],
    ['returns what cannot be sent', 'return () => 1', { code: 'ERR_OUTPUT_INVALID' }],
    [
      'returns too much',
      "return 'x'.repeat(2e6)",
      {
        code: 'ERR_OUTPUT_EXCEEDED',
        details: { quota: 'maxResultBytes', used: 2_000_000 + '{"$":["text",0]}'.length, limit: 1_000_000 },
      },
    ],
    ['returns itself for ever', 'const never = { then() {} }; return never', { code: 'ERR_TIMEOUT' }],
    [
      'has causes without end',
      "let cause; for (let index = 0; index < 1e4; index += 1) cause = new AggregateError(Array(20).fill(new Error('\\u0001'.repeat(8_000))), '\\u0001'.repeat(8_000), { cause }); throw cause",
      { code: 'ERR_HANDLER_FAILED' },
    ],
  ])(
    'that %s fails as that',
    async (_, body, error) => {
      const { outcome } = await runBody(adapter, body, { limits: { timeoutMs: 1_500 } });
      expect(outcome).toMatchObject({ ok: false, error });
    },
    8_000,
  );

  it('ends with the last lines that it wrote to stderr', async () => {
    const body =
      "const { writeSync } = await import('node:fs'); for (let line = 0; line < 50; line += 1) writeSync(2, 'line ' + line + '\\n'); process.exit(4)";
    const { outcome } = await runBody(adapter, body);
    expect(outcome).toMatchObject({
      error: { details: { exitCode: 4, stderr: 'line 46\nline 47\nline 48\nline 49\n' } },
    });
  });

  it('has its input as it was when it was sent, whatever the host does with that meanwhile', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = ({ bytes }) => new Set(bytes).size;' });
    await using place = await adapter.acquire(planFor(plugin.root));
    // More than any socket takes at once.
    const bytes = new Uint8Array(8_000_000);
    const running = runIn(place, plugin.root, { input: { bytes } });
    bytes.fill(1);
    expect(valueOf(await running)).toBe(1);
  });

  it('ends with all that it has logged, however much that was in one turn', async () => {
    const body = 'for (let line = 0; line < 250; line += 1) ctx.log.info(String(line)); process.exit(4)';
    const { outcome, notes } = await runBody(adapter, body);
    expect(outcome).toMatchObject({ ok: false, error: { details: { exitCode: 4 } } });
    expect(textOf(notes)).toEqual(Array.from({ length: 250 }, (_, line) => `log info: ${line}`));
  });

  it('has its log, but for the last lines of many, also when it never ends', async () => {
    const body = 'for (let line = 0; line < 250; line += 1) ctx.log.info(String(line)); for (;;);';
    const { outcome, notes } = await runBody(adapter, body, { limits: { timeoutMs: 300 } });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'ERR_TIMEOUT' } });
    expect(textOf(notes).length).toBeGreaterThan(250 - 16);
  });

  it('is told what it left open', async () => {
    const { outcome } = await runBody(adapter, 'setInterval(() => {}, 1_000); return 1');
    expect(outcome).toMatchObject({ ok: true, value: 1, usage: { leaked: ['Timeout'], cpuMs: expect.any(Number) } });
  });

  it('may be text with lone surrogates in its logs, and long', async () => {
    const run = await runBody(adapter, "console.log('\\ud800'.repeat(90_000)); return 1", {
      limits: { maxOutputBytes: 2_000_000 },
    });
    expect(run.outcome).toMatchObject({ ok: true });
    expect(textOf(run.notes)[0]).toHaveLength('console info: '.length + 90_000);
  });
});

describe.each(ways)('a handler in a module, wall: $way', ({ way }) => {
  const adapter = forkSandbox({ wall: way });
  afterAll(() => adapter[Symbol.asyncDispose]());

  it.each<[string, string, string, string]>([
    ['CommonJS', 'main.cjs', 'handle', "module.exports = { handle: async () => 'ok' };"],
    ['a CommonJS function', 'main.cjs', 'default', "module.exports = () => 'ok';"],
    ['JavaScript without a package.json', 'main.js', 'handle', "exports.handle = () => 'ok';"],
    ['ES syntax without a package.json', 'main.js', 'handle', "export const handle = () => 'ok';"],
    [
      'TypeScript',
      'main.ts',
      'handle',
      "export function handle(input: unknown): string { return 'ok' satisfies string; }",
    ],
    ['a default export', 'main.mjs', 'default', "export default () => 'ok';"],
    [
      'top-level await',
      'main.mjs',
      'handle',
      "const text = await Promise.resolve('ok'); export const handle = () => text;",
    ],
    ['an export named then', 'main.mjs', 'handle', "export function then() {} export const handle = () => 'ok';"],
    [
      'a folder of its own',
      'deep/er/main.mjs',
      'handle',
      "import { text } from '../text.mjs'; export const handle = () => text;",
    ],
  ])('may be %s', async (_, file, name, code) => {
    using plugin = makePlugin({ [file]: code, 'deep/text.mjs': "export const text = 'ok';" });
    expect(valueOf(await runOnce(adapter, plugin.root, { file, export: name }))).toBe('ok');
  });

  it.each<[string, string, string, object]>([
    ['is not there', 'other.mjs', 'handle', { code: expect.stringMatching(/^ERR_HANDLER_(NOT_FOUND|FAILED)$/) }],
    ['has no such export', 'main.mjs', 'absent', { code: 'ERR_HANDLER_NOT_FOUND' }],
    ['inherits the export', 'main.cjs', 'toString', { code: 'ERR_HANDLER_NOT_FOUND' }],
    ['exports no function', 'main.mjs', 'text', { code: 'ERR_HANDLER_NOT_FOUND' }],
    ['does not parse', 'broken.mjs', 'handle', { code: 'ERR_HANDLER_FAILED' }],
    [
      'throws as it loads',
      'throws.mjs',
      'handle',
      { code: 'ERR_HANDLER_FAILED', message: expect.stringContaining('at once') },
    ],
  ])('that %s fails to load', async (_, file, name, error) => {
    using plugin = makePlugin({
      'main.mjs': 'export const text = 1;',
      'main.cjs': 'module.exports = {};',
      'broken.mjs': 'export const = 1',
      'throws.mjs': "throw new Error('at once');",
    });
    const { outcome } = await runOnce(adapter, plugin.root, { file, export: name });
    expect(outcome).toMatchObject({ ok: false, phase: 'load', error });
  });

  it('has its stack told in its own source, by its source map', async () => {
    const map = { version: 3, sources: ['handler.ts'], names: [], mappings: 'AAIA' };
    using plugin = makePlugin({
      'main.mjs': `export function handle() { throw new Error('mapped'); }\n//# sourceMappingURL=main.mjs.map\n`,
      'main.mjs.map': JSON.stringify(map),
    });
    const { outcome } = await runOnce(adapter, plugin.root);
    expect(outcome).toMatchObject({ guestError: { stack: expect.stringMatching(/\.\/handler\.ts:5/) } });
  });

  it.each(['with space', "quo'te", 'dou"ble', '$(touch x)', 'new\nline', 'ünï-😀', 'a,b=c', '--flag', ';&|'])(
    'may lie in a folder named %j',
    async (name) => {
      using plugin = makePlugin(
        {
          'main.mjs': "import { text } from './text.mjs'; export const handle = () => text;",
          'text.mjs': "export const text = 'ok';",
        },
        name,
      );
      expect(valueOf(await runOnce(adapter, plugin.root))).toBe('ok');
    },
  );

  it.each(['/', '/tmp/a*b', 'relative', ''])('may not lie in %j', async (root) => {
    await expect(runOnce(adapter, root)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });

  it.each(['/srv/lib', ['lib'], [''], [7], [['/srv']], null, { 0: '/srv' }])(
    'may load no code from what is no list of folders: %j',
    (codeRoots) => {
      const options: object = { codeRoots };
      expect(() => forkSandbox(options)).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID', hint: expect.stringContaining('absolute paths') }),
      );
    },
  );

  it('needs its folder', async () => {
    await expect(runOnce(adapter, '/nowhere/at/all')).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });
});
