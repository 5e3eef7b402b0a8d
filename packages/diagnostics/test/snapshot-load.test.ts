import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { createSnapshotRecorder, decodeSnapshotValue, listSnapshots, loadBodies, loadSnapshot } from '../src/index.js';
import { recordRun } from './record-run.js';
import { temporaryFolder } from './temporary-folder.js';

interface Kept {
  readonly directory: string;
  readonly id: string;
  readonly file: string;
  readonly text: string;
}

async function keepOne(input: unknown = {}): Promise<Kept> {
  const directory = await temporaryFolder();
  await using recorder = createSnapshotRecorder({ directory, include: 'all' });
  await recordRun({ code: 'export const handle = (input) => input;', input }, recorder);
  await recorder.settled();
  const [{ id, file } = { id: '', file: '' }] = (await listSnapshots(directory)).snapshots;
  return { directory, id, file, text: await readFile(file, 'utf8') };
}

const CALL = JSON.stringify({
  call: 0,
  name: 'fs.stat',
  args: [],
  spanId: '',
  startTime: 0,
  ms: 0,
  outcome: { ok: true, value: 1 },
});

function manyBodies(): Readonly<Record<string, number>> {
  return Object.fromEntries(Array.from({ length: 20_001 }, (_, index) => [String(index).padStart(64, '0'), 1]));
}

const BIGINT = `{"$":"bigint","value":"${'9'.repeat(30_000)}"}`;

/** What takes time for each of them, or in the square of its length: more of it than any run leaves. */
function manyOf(): readonly [string, (text: string) => string, string][] {
  const long = ['/stages', '/calls', '/logs', '/authority/outputParts', '/authority/functions', '/authority/env'];
  return [
    ...long.map((pointer): [string, (text: string) => string, string] => {
      const count = pointer === '/calls' || pointer === '/logs' ? 500_001 : 4097;
      return [`too many of ${pointer}`, (text) => withMember(text, pointer, Array(count).fill(1)), pointer];
    }),
    [
      'too many quotas',
      (text) =>
        withMember(text, '/authority/quotas', Object.fromEntries(Array.from({ length: 257 }, (_, at) => [at, 1]))),
      '/authority/quotas',
    ],
    [
      'digits of bigint',
      (text) => text.replace('"input":{}', `"input":[${Array(4).fill(BIGINT).join()}]`),
      '/request/input',
    ],
    ['many small values', (text) => text.replace('"input":{}', `"input":[${'{},'.repeat(8_000_000)}1]`), ''],
  ];
}

function withMember(text: string, pointer: string, value: unknown): string {
  const snapshot: unknown = JSON.parse(text);
  const [, ...path] = pointer.split('/');
  const name = path.pop() ?? '';
  const holder = path.reduce<unknown>((at, key) => Reflect.get(Object(at), key), snapshot);
  Reflect.set(Object(holder), name, value);
  return JSON.stringify(snapshot);
}

describe('loading a snapshot', () => {
  it('takes its file, or its folder and id', async () => {
    const { directory, id, file } = await keepOne();
    expect(await loadSnapshot({ directory, id })).toEqual(await loadSnapshot(file));
    expect(await loadSnapshot(file)).toMatchObject({ id, file });
  });

  it.each([
    '../../etc/passwd',
    '..',
    '',
    'a/b',
    '0190163d-8694-739b-aea5-966c26f8ad90/../x',
    '0190163D-8694-739B-AEA5-966C26F8AD90',
    '0190163d-8694-439b-aea5-966c26f8ad90',
    '__proto__',
    1,
  ])('takes no id that is none: %s', async (id) => {
    const directory = await temporaryFolder();
    await expect(Reflect.apply(loadSnapshot, undefined, [{ directory, id }])).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });

  it.each(['relative.json', '/a\0b'])('takes no path that depends or deceives: %j', async (path) => {
    await expect(loadSnapshot(path)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it.skipIf(process.platform === 'win32')('follows no link, and reads no folder', async () => {
    const { directory, file } = await keepOne();
    await symlink(file, join(directory, 'link.json'));
    await mkdir(join(directory, 'folder.json'));
    for (const name of ['link.json', 'folder.json', 'missing.json']) {
      await expect(loadSnapshot(join(directory, name))).rejects.toMatchObject({ code: 'ERR_IO_FAILED' });
    }
  });

  it('takes no file that is named after another', async () => {
    const { directory, file } = await keepOne();
    const id = uuidv7();
    await rename(file, join(directory, `${id}.json`));
    await expect(loadSnapshot({ directory, id })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });

  it.each<[string, (text: string) => string, string]>([
    ['half of it', (text) => text.slice(0, text.length / 2), ''],
    ['nothing', () => '', ''],
    ['another format', (text) => text.replace('kb.snapshot/1', 'kb.snapshot/2'), '/format'],
    ['a member more', (text) => text.replace('{', '{"more":1,'), ''],
    ['a member less', (text) => text.replace('"endTime"', '"ended"'), '/endTime'],
    ['a wrong kind', (text) => text.replace('"calls":[]', '"calls":{}'), '/calls'],
    ['a call twice', (text) => text.replace('"calls":[]', `"calls":[${CALL},${CALL}]`), '/calls'],
    [
      'more bodies than there can be',
      (text) => text.replace('"bodies":{}', `"bodies":${JSON.stringify(manyBodies())}`),
      '/bodies',
    ],
    ...manyOf(),
    ['a hash that walks', (text) => text.replace('"bodies":{}', '"bodies":{"../../x":1}'), '/bodies/../../x'],
  ])('refuses what no recorder wrote: %s', async (_, change, pointer) => {
    const { file, text } = await keepOne();
    await writeFile(file, change(text));
    await expect(loadSnapshot(file)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID', details: { pointer } });
  });

  it.each([
    ['deeper than any value', `${'['.repeat(401)}${']'.repeat(401)}`],
    ['endlessly deep', `${'['.repeat(1e5)}${']'.repeat(1e5)}`],
    ['deep behind brackets in texts', `["]]\\"]]",${'{"a":'.repeat(401)}1${'}'.repeat(401)}]`],
  ])('refuses what is %s', async (_, input) => {
    const { file, text } = await keepOne();
    await writeFile(file, text.replace('"input":{}', `"input":${input}`));
    await expect(loadSnapshot(file)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID', message: /too deeply/ });
  });

  it('takes brackets in texts for text', async () => {
    const input = { a: `${'['.repeat(1000)}"\\`, b: '\\' };
    expect((await loadSnapshot((await keepOne(input)).file)).request.input).toEqual(input);
  });

  it('takes as many digits as a message has, and members of a plain object that only look like them', async () => {
    const plain = Array.from({ length: 50 }, () => ({ $: 'bigint', value: '9'.repeat(4000) }));
    const input = { plain, long: 10n ** 65_000n };
    const { request } = await loadSnapshot((await keepOne(input)).file);
    expect(decodeSnapshotValue(request.input)).toEqual(input);
  });

  it('is possible whatever a run had: a bigint that is longer than a message may be is told of alone', async () => {
    const { request } = await loadSnapshot((await keepOne({ long: 10n ** 120_000n })).file);
    expect(request.input).toEqual({ long: { $: 'unknown', type: 'bigint' } });
    expect(() => decodeSnapshotValue(request.input)).toThrow(/cannot be had again/);
  });

  it('lets no recorded data reach a prototype', async () => {
    const { file } = await keepOne(
      JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
    );
    const { request, result } = await loadSnapshot(file);
    const input = decodeSnapshotValue(request.input);
    expect(JSON.stringify(input)).toBe('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    expect([result.ok, Reflect.get({}, 'polluted')]).toEqual([true, undefined]);
  });

  it('has no body at hand that is not what its name says', async () => {
    const { directory, id, file } = await keepOne('x'.repeat(5000));
    const snapshot = await loadSnapshot(file);
    const [sha256 = ''] = Object.keys(snapshot.bodies);
    expect(decodeSnapshotValue(snapshot.request.input, await loadBodies(snapshot))).toBe('x'.repeat(5000));
    await writeFile(join(directory, `${id}.bodies`, sha256), 'forged');
    const bodies = await loadBodies(snapshot);
    expect(() => decodeSnapshotValue(snapshot.request.input, bodies)).toThrow(/was not kept/);
  });
});
