import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { ExecutionEvent } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createSnapshotRecorder, decodeSnapshotValue, listSnapshots, loadBodies, loadSnapshot } from '../src/index.js';
import type { LoadedSnapshot, SnapshotRecorderOptions } from '../src/index.js';
import { recordRun } from './record-run.js';
import type { RunScript } from './record-run.js';
import { temporaryFolder } from './temporary-folder.js';

const onWindows = process.platform === 'win32';
const ECHO = 'export const handle = async (input, ctx) => await ctx.fs.readFile(input.path);';

async function snapshotOf(
  script: RunScript,
  options: Partial<SnapshotRecorderOptions> = {},
): Promise<{ readonly snapshot: LoadedSnapshot; readonly text: string }> {
  const directory = join(await temporaryFolder(), 'snapshots');
  const recorder = createSnapshotRecorder({ directory, include: 'all', ...options });
  await recordRun(script, recorder);
  expect(await recorder.settled()).toMatchObject({ written: 1, failed: 0 });
  const { snapshots } = await listSnapshots(directory);
  const [{ file } = { file: '' }] = snapshots;
  return { snapshot: await loadSnapshot(file), text: await readFile(file, 'utf8') };
}

describe('a snapshot', () => {
  it.each(['frozen', 'changed before the run ends'])(
    'has the authority as it was when the run was authorised, where it is %s',
    async (how) => {
      const directory = join(await temporaryFolder(), 'snapshots');
      await using recorder = createSnapshotRecorder({ directory, include: 'all' });
      const functions: string[] = [];
      const observe = (event: ExecutionEvent): void => {
        if (event.type === 'execution-end' && how !== 'frozen') functions.push('shell.exec');
        if (event.type !== 'authorised') return recorder.observe(event);
        functions.push(...event.authority.functions);
        const frozen: unknown = JSON.parse(JSON.stringify(event), (__, value: unknown) => Object.freeze(value));
        const told = { ...event, authority: { ...event.authority, functions } };
        recorder.observe(how === 'frozen' ? (frozen as ExecutionEvent) : told);
      };
      await recordRun({ code: ECHO, input: { path: 'a' }, host: { 'fs.readFile': () => 'b' } }, { observe });
      await recorder.settled();
      const { snapshots } = await listSnapshots(directory);
      const { authority } = await loadSnapshot(snapshots[0]?.file ?? '');
      expect(authority?.functions).toEqual(['fs.readFile']);
    },
  );

  it('has what was asked, decided, called, said and answered', async () => {
    const code = `
      export const handle = async (input, ctx) => {
        ctx.log.info('reading', { at: new Date(0) });
        await ctx.fs.readFile('missing').catch(() => undefined);
        return { text: await ctx.fs.readFile(input.path), when: new Map([['a', 1n]]) };
      };`;
    const { createError } = await import('@kb-labs/contracts');
    const readFile = (path: string): string => {
      if (path === 'a.txt') return 'content';
      throw createError('ERR_PERMISSION_DENIED', 'no', { details: { path }, hint: 'ask for it' });
    };
    const { snapshot } = await snapshotOf({
      code,
      input: { path: 'a.txt' },
      host: { 'fs.readFile': readFile },
      env: { HOME: '/h' },
    });
    expect(snapshot).toMatchObject({
      format: 'kb.snapshot/1',
      stamp: { pluginId: '@acme/review' },
      request: { handler: './handler.mjs#handle', input: { path: 'a.txt' } },
      authority: { plugin: { id: '@acme/review', version: '1.0.0' }, functions: ['fs.readFile'], env: ['HOME'] },
      confinement: { adapter: 'direct', coldStart: true },
      logs: [{ level: 'info', text: 'reading', fields: { at: { $: 'date', value: '1970-01-01T00:00:00.000Z' } } }],
      calls: [
        {
          call: 0,
          name: 'fs.readFile',
          args: ['missing'],
          outcome: {
            ok: false,
            code: 'ERR_PERMISSION_DENIED',
            message: 'no',
            hint: 'ask for it',
            details: { path: 'missing' },
          },
        },
        { call: 1, name: 'fs.readFile', args: ['a.txt'], outcome: { ok: true, value: 'content' } },
      ],
      stages: [{ stage: 'handler', ms: 1 }],
      metrics: { totalMs: 1 },
      masked: 0,
      cut: 0,
    });
    expect(snapshot.result.ok && decodeSnapshotValue(snapshot.result.data)).toStrictEqual({
      text: 'content',
      when: new Map([['a', 1n]]),
    });
    expect(snapshot.authority?.permissions).toEqual([
      { fs: { mode: 'read', allow: ['.'] }, env: { allow: ['API_TOKEN', 'HOME'] } },
    ]);
  });

  it('of a failure has what the handler threw', async () => {
    const { snapshot } = await snapshotOf(
      { code: `export const handle = () => { throw new TypeError('token=abc went wrong') };` },
      { include: 'failures' },
    );
    expect(snapshot.result).toMatchObject({
      ok: false,
      code: 'ERR_HANDLER_FAILED',
      message: 'token=[redacted] went wrong',
      stage: 'handler',
      error: { error: { name: 'TypeError', message: 'token=[redacted] went wrong' } },
    });
  });

  it('has nothing of the environment but names, and no secret', async () => {
    process.env['KB_TEST_HOST_SECRET'] = 'host-only-value-4711';
    const { snapshot, text } = await snapshotOf(
      {
        code: 'export const handle = (input, ctx) => ({ seen: ctx.env.API_TOKEN, ...input });',
        input: { password: 'p4ssw0rd!', note: 'AKIAABCDEFGH12345678' },
        env: { API_TOKEN: 'granted-value-0815' },
      },
      { redaction: { secrets: ['granted-value-0815'] } },
    );
    delete process.env['KB_TEST_HOST_SECRET'];
    expect(text).not.toMatch(/host-only-value|KB_TEST_HOST_SECRET|granted-value|p4ssw0rd|AKIA/);
    for (const value of Object.values(process.env)) {
      expect(value !== undefined && value.length > 12 && text.includes(value)).toBe(false);
    }
    expect(snapshot.authority?.env).toEqual(['API_TOKEN']);
    expect(snapshot.masked).toBe(5);
  });

  it('has no value of the environment either where a guest asks for it by itself', async () => {
    const code = 'export const handle = async (_, ctx) => Object.keys(await ctx.env.read());';
    const { snapshot, text } = await snapshotOf({ code, host: { 'env.read': () => ({ PLAIN: 'value-of-it' }) } });
    expect(text).not.toContain('value-of-it');
    expect(snapshot.calls.map(({ outcome }) => outcome)).toEqual([{ ok: true, value: { $: 'env' } }]);
  });

  it('holds nothing that a terminal or an editor would obey, and the same values', async () => {
    const said = 'a\u001b[31m\u007f\u009b31m\u202e\u2066\u200b\u2028\ufeff\u{e0041}\nb';
    const code = 'export const handle = (input, ctx) => { ctx.log.info(input); return { [input]: input }; };';
    const { snapshot, text } = await snapshotOf({ code, input: said });
    expect(text).toMatch(/^[\n -~]*$/u);
    expect([snapshot.request.input, snapshot.result]).toMatchObject([said, { ok: true, data: { [said]: said } }]);
  });

  it('holds values as they were when they were seen', async () => {
    const input = { list: [1] };
    const code = 'export const handle = () => 1;';
    const directory = await temporaryFolder();
    const recorder = createSnapshotRecorder({ directory, include: 'all' });
    const running = recordRun({ code, input }, recorder);
    input.list.push(2);
    await running;
    await recorder.settled();
    const [{ file } = { file: '' }] = (await listSnapshots(directory)).snapshots;
    // The folder of the plugin is made before the run begins, so the second entry was there, and a third never was.
    input.list.push(3);
    expect((await loadSnapshot(file)).request.input).toEqual({ list: [1, 2] });
  });

  it('keeps large bodies beside it, once each, and larger ones by their hash', async () => {
    const host = { 'fs.readFile': (path: string) => new Uint8Array(path === 'large' ? 9000 : 5000).fill(1) };
    const code = `export const handle = async (_, ctx) => {
      for (const path of ['a', 'b', 'large']) await ctx.fs.readFile(path);
    };`;
    const { snapshot } = await snapshotOf({ code, host }, { maxBodyBytes: 5000 });
    expect(Object.values(snapshot.bodies)).toEqual([5000]);
    const [sha256 = ''] = Object.keys(snapshot.bodies);
    expect((await loadBodies(snapshot))(sha256)).toEqual(Buffer.alloc(5000, 1));
    expect(snapshot.calls.map(({ outcome }) => outcome)).toEqual([
      { ok: true, value: { $: 'bytes', type: 'Uint8Array', sha256, bytes: 5000 } },
      { ok: true, value: { $: 'bytes', type: 'Uint8Array', sha256, bytes: 5000 } },
      { ok: true, value: { $: 'bytes', type: 'Uint8Array', sha256: expect.any(String), bytes: 9000 } },
    ]);
  });

  it('is bounded, and counts what it left out', async () => {
    const code = `export const handle = async (_, ctx) => {
      for (let i = 0; i < 1000; i++) await ctx.fs.readFile('x'.repeat(1000));
    };`;
    const { snapshot, text } = await snapshotOf({ code, host: { 'fs.readFile': () => 1 } }, { maxBytes: 65_536 });
    expect(text.length).toBeLessThan(80_000);
    expect([snapshot.calls.length + snapshot.cut, snapshot.result.ok]).toEqual([1000, true]);
  });

  it.each<[string, () => unknown]>([
    ['text in which much looks like a secret', () => '://a@'.repeat(13_000)],
    ['bytes of such a text', () => Buffer.from('://a@'.repeat(13_000))],
    ['text that is kept by its hash alone', () => 'x'.repeat(400_000)],
    ['small values', () => Array.from({ length: 1000 }, (_, index) => ({ [`key${index}`]: index }))],
    ['long keys', () => ({ ['://a@'.repeat(13_000)]: 1 })],
    ['long bigints', () => 10n ** 60_000n],
  ])('costs no more than its bounds say, however much a guest sends: %s', async (_, answer) => {
    const code = `export const handle = async (_, ctx) => {
      for (let i = 0; i < 1000; i++) await ctx.fs.readFile('a');
      return 'done';
    };`;
    const value = answer();
    const directory = await temporaryFolder();
    const recorder = createSnapshotRecorder({ directory, include: 'all', maxBytes: 262_144 });
    let ms = 0;
    const observe = (event: ExecutionEvent): void => {
      const start = performance.now();
      recorder.observe(event);
      ms += performance.now() - start;
    };
    await recordRun({ code, host: { 'fs.readFile': () => value } }, { observe });
    await recorder.settled();
    const [{ file } = { file: '' }] = (await listSnapshots(directory)).snapshots;
    const { calls, cut, result } = await loadSnapshot(file);
    expect([calls.length + cut, result]).toEqual([1000, { ok: true, data: 'done' }]);
    // Without an end of it, all of them are looked at, which takes from one to four seconds.
    expect(calls.length).toBeLessThan(20);
    expect(ms).toBeLessThan(500);
  });

  it('has what comes after a value that is too large to look at', async () => {
    const code = `export const handle = async (_, ctx) => {
      for (const path of ['a', 'large', 'b']) await ctx.fs.readFile(path);
      return await ctx.fs.readFile('large');
    };`;
    const host = { 'fs.readFile': (path: string) => (path === 'large' ? 'x'.repeat(200_000) : path) };
    const { snapshot } = await snapshotOf({ code, input: 'y'.repeat(40_000), host }, { maxBytes: 65_536 });
    expect(snapshot.calls.map(({ args }) => args)).toEqual([['a'], ['b']]);
    expect([snapshot.cut, snapshot.result, snapshot.handled]).toEqual([3, { ok: true, data: { $: 'cut' } }, {}]);
    expect(snapshot.request.input).toEqual({ $: 'text', encoding: 'utf8', sha256: expect.any(String), bytes: 40_000 });
  });
});

describe('a folder of snapshots', () => {
  it.skipIf(onWindows)('and all in it is for its owner alone', async () => {
    const directory = join(await temporaryFolder(), 'deep/snapshots');
    const recorder = createSnapshotRecorder({ directory, include: 'all' });
    await recordRun({ code: ECHO, input: {}, host: { 'fs.readFile': () => 'x'.repeat(5000) } }, recorder);
    await recorder.settled();
    const names = await readdir(directory, { recursive: true });
    const modes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).mode & 0o777));
    expect([(await stat(directory)).mode & 0o777, ...modes.toSorted()]).toEqual([0o700, 0o600, 0o600, 0o700]);
  });

  it('has one for each run, also where ids of runs are the same', async () => {
    const directory = await temporaryFolder();
    await using recorder = createSnapshotRecorder({ directory, include: 'all' });
    const script = { code: ECHO, input: {}, host: { 'fs.readFile': () => 1 }, executionId: 'same' };
    await Promise.all([1, 2, 3, 4].map(() => recordRun(script, recorder)));
    await recorder.settled();
    const { snapshots } = await listSnapshots(directory);
    expect([snapshots.length, new Set(snapshots.map(({ id }) => id)).size]).toEqual([4, 4]);
    expect(snapshots.map(({ calls }) => calls)).toEqual([1, 1, 1, 1]);
  });

  it('has failures alone unless all are asked for', async () => {
    const directory = await temporaryFolder();
    await using recorder = createSnapshotRecorder({ directory });
    await recordRun({ code: 'export const handle = () => 1;' }, recorder);
    await recordRun({ code: 'export const handle = () => { throw 1 };' }, recorder);
    await recorder.settled();
    expect((await listSnapshots(directory)).snapshots.map(({ code }) => code)).toEqual(['ERR_HANDLER_FAILED']);
  });

  it('loses the oldest, what is too old, and what dead writers left; nothing else', async () => {
    const directory = await temporaryFolder();
    const old = uuidv7({ msecs: Date.now() - 10_000_000 });
    const dead = uuidv7({ msecs: Date.now() - 4_000_000 });
    const busy = uuidv7({ msecs: Date.now() - 1000 });
    await writeFile(join(directory, `${old}.json`), '{}');
    await mkdir(join(directory, `${dead}.bodies`));
    await writeFile(join(directory, `${dead}.json.new`), '{');
    await writeFile(join(directory, `${busy}.json.new`), '{');
    await writeFile(join(directory, 'notes.txt'), 'mine');
    await utimes(join(directory, 'notes.txt'), 0, 0);
    await using recorder = createSnapshotRecorder({ directory, include: 'all', maxSnapshots: 2, maxAgeMs: 9_000_000 });
    for (let index = 0; index < 3; index++) {
      await recordRun(
        { code: ECHO, input: { path: index }, host: { 'fs.readFile': () => 'x'.repeat(5000) } },
        recorder,
      );
    }
    await recorder.settled();
    const { snapshots } = await listSnapshots(directory);
    const kept = snapshots.flatMap(({ id }) => [`${id}.bodies`, `${id}.json`]);
    expect(snapshots).toHaveLength(2);
    expect((await readdir(directory)).toSorted()).toEqual([...kept, `${busy}.json.new`, 'notes.txt'].toSorted());
  });

  it.skipIf(onWindows)('that is a link, or nobody may write to, costs the snapshot and no run', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'target'));
    await symlink(join(folder, 'target'), join(folder, 'link'));
    await writeFile(join(folder, 'file'), '');
    for (const name of ['link', 'file']) {
      const recorder = createSnapshotRecorder({ directory: join(folder, name), include: 'all' });
      const { result } = await recordRun({ code: 'export const handle = () => 1;' }, recorder);
      expect(result.ok).toBe(true);
      expect(await recorder.settled()).toMatchObject({
        written: 0,
        failed: 1,
        lastError: expect.stringContaining(name),
      });
    }
    expect(await readdir(join(folder, 'target'))).toEqual([]);
  });

  it.skipIf(onWindows)('that was open to others is closed to them', async () => {
    const directory = await temporaryFolder();
    await chmod(directory, 0o755);
    await using recorder = createSnapshotRecorder({ directory, include: 'all' });
    await recordRun({ code: 'export const handle = () => 1;' }, recorder);
    await recorder.settled();
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });
});

describe('options', () => {
  it.each([
    [{ directory: 'relative' }, '/directory'],
    [{ directory: '/a\0b' }, '/directory'],
    [{ directory: '/x', include: 'some' }, '/include'],
    [{ directory: '/x', maxSnapshots: 0 }, '/maxSnapshots'],
    [{ directory: '/x', maxBodyBytes: -1 }, '/maxBodyBytes'],
    [{ directory: '/x', dir: 1 }, '/dir'],
    [{ directory: '/x', redaction: { secrets: ['abc'] } }, '/redaction/secrets/0'],
    [{ directory: '/x', redaction: null }, '/redaction'],
  ])('that could not work are refused: %o', (options, pointer) => {
    expect(() => Reflect.apply(createSnapshotRecorder, undefined, [options])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer } }),
    );
  });
});
