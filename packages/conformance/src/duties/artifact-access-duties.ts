import assert from 'node:assert/strict';
import { ARTIFACT_ID, ARTIFACT_INFO, createArtifactHost } from '../bench/artifact-host.js';
import { runTrial } from '../bench/trial.js';
import type { Bench, Trial } from '../bench/trial.js';
import type { Duty } from './duty.js';
import { valueOf } from './expected.js';

const READ = ['read', 'openRead', 'readChunk', 'closeRead', 'stat', 'list', 'wait'];
const WRITE = ['write', 'openWrite', 'writeChunk', 'closeWrite', 'delete', 'copy'];
const READ_API = READ.map((name) => `artifacts.${name}`);
const WRITE_API = WRITE.map((name) => `artifacts.${name}`);
const API = [...READ_API, ...WRITE_API];

const CHUNK_BYTES = 262_144;

/** What cannot be written as it is, and where it stands. */
const DAMAGED: Readonly<Record<string, string | undefined>> = {
  undefined: '/a',
  function: '/a/0',
  BigInt: '/a~1b',
  NaN: '/0',
  Date: '/a',
  Map: '/0',
  Set: '/0',
  'symbol key': '',
  'class instance': '',
  hole: '/1',
  cycle: '/0',
  'lone surrogate': undefined,
};

/** `ctx.artifacts`, over whatever host. */
export const ARTIFACT_ACCESS_DUTIES: readonly Duty[] = [
  { title: 'gives a handler the ways to artifacts that were lent, and no others', check: checkMembers },
  { title: 'carries text, JSON and bytes of an artifact exactly', check: checkValues },
  ...Object.entries(DAMAGED).map(([name, pointer]): Duty => ({
    title: `refuses to write what would not come back: ${name}`,
    async check(bench) {
      const { answer, heard } = createArtifactHost();
      const value = await run(bench, { handler: 'artifacts.mjs#writesDamaged', input: name, answer });
      assert.deepEqual(value, { code: 'ERR_INVALID_ARGUMENT', pointer });
      assert.deepEqual(heard, []);
    },
  })),
  { title: 'reads an artifact piece by piece, no further than its reader', check: checkPieces },
  { title: 'reads an artifact to its end', check: checkEnd },
  { title: 'writes an artifact in pieces of a size, whatever the size of its own', check: checkChunks },
  ...['throws', 'half a character', 'no bytes'].map((name): Duty => ({
    title: `gives up a write whose source is no good (${name})`,
    async check(bench) {
      const { answer, heard } = createArtifactHost();
      const value = await run(bench, { handler: 'artifacts.mjs#writesBadStream', input: name, answer });
      const code = name === 'throws' ? 'E_SOURCE' : 'ERR_INVALID_ARGUMENT';
      assert.deepEqual(value, { code, pointer: undefined });
      assert.deepEqual(heard.at(-1), ['artifacts.closeWrite', ARTIFACT_ID, false]);
    },
  })),
  {
    title: 'gives up a write that is aborted while its source hangs',
    async check(bench) {
      const { answer, heard } = createArtifactHost();
      const value = await run(bench, { handler: 'artifacts.mjs#abortsStream', answer });
      assert.deepEqual(value, { code: 'AbortError', pointer: undefined });
      assert.deepEqual(heard.at(-1), ['artifacts.closeWrite', ARTIFACT_ID, false]);
    },
  },
  { title: 'passes on the other calls, without the signals in them', check: checkOthers },
];

async function run(bench: Bench, trial: Trial): Promise<unknown> {
  return valueOf((await runTrial(bench, { api: API, ...trial })).outcome);
}

async function checkMembers(bench: Bench): Promise<void> {
  const handler = 'artifacts.mjs#members';
  const read = ['list', 'read', 'readStream', 'stat', 'wait'];
  const write = ['copy', 'delete', 'write', 'writeStream'];
  assert.deepEqual(await run(bench, { handler, api: READ_API }), read);
  assert.deepEqual(await run(bench, { handler, api: WRITE_API }), write);
  assert.deepEqual(await run(bench, { handler }), [...read, ...write].toSorted());
}

async function checkValues(bench: Bench): Promise<void> {
  const { answer, heard } = createArtifactHost();
  const bytes = new Uint8Array([0, 255, 128]);
  const json = { 'ä€😀': [1, 'x', null, true, { lone: '\ud800' }], deep: { list: [] } };
  const values = [
    ['text', '\ufeffä€😀\r\n\0'],
    ['bytes', bytes],
    ['json', json],
    ['json', null],
  ];
  assert.deepEqual(
    await run(bench, { handler: 'artifacts.mjs#writesAndReads', input: values, answer }),
    values.map(([, value]) => value),
  );
  const types = heard.flatMap(([name, , , options]) => (name === 'artifacts.write' ? [options] : []));
  const contentTypes = [
    'text/plain; charset=utf-8',
    'application/octet-stream',
    'application/json',
    'application/json',
  ];
  assert.deepEqual(
    types,
    contentTypes.map((contentType) => ({ version: '1.0.0', contentType })),
  );
}

async function checkPieces(bench: Bench): Promise<void> {
  const pieces = Array.from({ length: 100 }, (_, index) => new Uint8Array([index]));
  const { answer, heard } = createArtifactHost({ pieces });
  const value = await run(bench, { handler: 'artifacts.mjs#readsTwoPieces', answer });
  assert.deepEqual(value, { info: ARTIFACT_INFO, pieces: pieces.slice(0, 2) });
  assert.deepEqual(heard, [
    ['artifacts.openRead', 'a', {}],
    ['artifacts.readChunk', ARTIFACT_ID],
    ['artifacts.readChunk', ARTIFACT_ID],
    ['artifacts.closeRead', ARTIFACT_ID],
  ]);
}

async function checkEnd(bench: Bench): Promise<void> {
  const pieces = Array.from({ length: 12 }, () => new Uint8Array(1_000_000));
  const { answer, heard } = createArtifactHost({ pieces });
  assert.equal(await run(bench, { handler: 'artifacts.mjs#readsAll', answer }), 12_000_000);
  assert.deepEqual(heard[0], ['artifacts.openRead', 'a', { minVersion: '1.0.0' }]);
  assert.equal(heard.filter(([name]) => name === 'artifacts.readChunk').length, 13);
}

async function checkChunks(bench: Bench): Promise<void> {
  const handler = 'artifacts.mjs#writesStream';
  const cases = [
    [{ pieces: [new Uint8Array(1_000_000)], times: 1 }, [CHUNK_BYTES, CHUNK_BYTES, CHUNK_BYTES, 213_568], BYTES],
    // A character in two halves, each in a piece of its own.
    [{ pieces: [`${'ä'.repeat(48)}\ud83d`, '\ude00'], times: 6_000 }, [CHUNK_BYTES, CHUNK_BYTES, 75_712], TEXT],
    [{ pieces: [], times: 1 }, [], BYTES],
  ] as const;
  for (const [input, sizes, contentType] of cases) {
    const { answer, heard } = createArtifactHost();
    assert.deepEqual(await run(bench, { handler, input, answer }), ARTIFACT_INFO);
    assert.deepEqual(heard, [
      ['artifacts.openWrite', 'a', { version: '1.0.0', contentType }],
      ...sizes.map((size) => ['artifacts.writeChunk', ARTIFACT_ID, size]),
      ['artifacts.closeWrite', ARTIFACT_ID, true],
    ]);
  }
}

const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';

async function checkOthers(bench: Bench): Promise<void> {
  const heard: unknown[] = [];
  const answer = (name: string, args: readonly unknown[]): Promise<unknown> =>
    Promise.resolve(heard.push([name, ...args]));
  assert.deepEqual(await run(bench, { handler: 'artifacts.mjs#passes', answer }), [1, 2, 3, 4, 5]);
  assert.deepEqual(heard, [
    ['artifacts.stat', 'a', { minVersion: '1.0.0' }],
    ['artifacts.list', { glob: '*' }],
    ['artifacts.wait', 'a', { timeoutMs: 5 }],
    ['artifacts.delete', 'a', { ifMatch: 'e' }],
    ['artifacts.copy', 'a', 'b'],
  ]);
}
