import assert from 'node:assert/strict';
import { createError } from '@kb-labs/contracts';
import { runTrial } from '../bench/trial.js';
import type { Bench } from '../bench/trial.js';
import type { Duty } from './duty.js';
import { failureOf, valueOf } from './expected.js';

const ALWAYS = ['log', 'onCleanup', 'progress', 'signal'];

/** What `ctx` holds, and what a guest hears when it asks. */
export const HOST_DUTIES: readonly Duty[] = [
  {
    title: 'gives a handler no member that was not lent',
    async check(bench) {
      const { outcome } = await runTrial(bench, { handler: 'duties.mjs#context', env: { A: '1' } });
      assert.deepEqual(valueOf(outcome), { members: ALWAYS, fs: undefined, env: undefined, frozen: true });
    },
  },
  {
    title: 'gives a handler what was lent',
    async check(bench) {
      const api = ['fs.stat', 'fs.readFile', 'env.read', 'net.fetch'];
      const { outcome } = await runTrial(bench, { handler: 'duties.mjs#context', api, env: { A: '1' } });
      const members = [...ALWAYS, 'fs', 'env', 'fetch'].toSorted();
      assert.deepEqual(valueOf(outcome), { members, fs: ['readFile', 'stat'], env: { A: '1' }, frozen: true });
    },
  },
  { title: 'carries a call and its answer', check: checkAnswer },
  { title: 'carries the code, hint and details of a refused call', check: checkRefusal },
  {
    title: 'refuses an argument that cannot be sent with ERR_INVALID_ARGUMENT',
    async check(bench) {
      const trial = { handler: 'host-calls.mjs#asksWithFunction', api: ['fs.readFile'] };
      assert.equal(
        valueOf((await runTrial(bench, { ...trial, answer: () => Promise.resolve(1) })).outcome),
        'ERR_INVALID_ARGUMENT',
      );
    },
  },
  { title: 'lets calls beyond maxInFlight wait for their turn', check: checkInFlight },
  { title: 'carries the abort of one call', check: checkCancel },
  { title: 'refuses calls that come after the result', check: checkLateCall },
  { title: 'aborts what is under way when the run ends', check: checkOpenCall },
  { title: 'tells logs and progress in order, with levels and fields', check: checkNotes },
  { title: 'cuts output at maxOutputBytes, with one marker', check: checkOutput },
  {
    title: 'refuses a result beyond maxResultBytes with ERR_OUTPUT_EXCEEDED',
    async check(bench) {
      for (const handler of ['duties.mjs#returnsBytes', 'duties.mjs#returnsText']) {
        const limits = { maxResultBytes: 4_096 };
        const { outcome } = await runTrial(bench, { handler, input: 5_000, limits });
        failureOf(outcome, 'ERR_OUTPUT_EXCEEDED');
        valueOf((await runTrial(bench, { handler, input: 3_000, limits })).outcome);
      }
    },
  },
];

async function checkAnswer(bench: Bench): Promise<void> {
  const heard: unknown[] = [];
  const answer = (name: string, args: readonly unknown[]): Promise<unknown> => {
    heard.push([name, args]);
    return Promise.resolve(new Map([['bytes', new Uint8Array([1, 2])]]));
  };
  const args = ['a.txt', { encoding: 'utf8', since: new Date(0) }];
  const { outcome } = await runTrial(bench, { handler: 'duties.mjs#asks', input: args, api: ['fs.readFile'], answer });
  assert.deepEqual(valueOf(outcome), new Map([['bytes', new Uint8Array([1, 2])]]));
  assert.deepEqual(heard, [['fs.readFile', args]]);
}

async function checkRefusal(bench: Bench): Promise<void> {
  const options = { hint: 'ask for less', details: { path: 'a', list: [1] } };
  const answer = (): Promise<unknown> =>
    Promise.reject(createError('ERR_PERMISSION_DENIED', 'reading a is denied', options));
  const { outcome } = await runTrial(bench, { handler: 'duties.mjs#asksAndFails', api: ['fs.readFile'], answer });
  const expected = {
    isError: true,
    name: 'PluginError',
    message: 'reading a is denied',
    code: 'ERR_PERMISSION_DENIED',
  };
  assert.deepEqual(valueOf(outcome), { ...expected, ...options });
}

async function checkInFlight(bench: Bench): Promise<void> {
  let open = 0;
  let most = 0;
  const answer = async (_: string, [path]: readonly unknown[]): Promise<unknown> => {
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => void setImmediate(resolve));
    open -= 1;
    return path;
  };
  const trial = { handler: 'duties.mjs#asksMany', input: 20, api: ['fs.readFile'], limits: { maxInFlight: 3 }, answer };
  const { outcome } = await runTrial(bench, trial);
  assert.deepEqual(
    valueOf(outcome),
    Array.from({ length: 20 }, (_, index) => `${index}`),
  );
  assert.ok(most <= 3, `${most} calls were under way at once`);
}

function waitForAbort(signal: AbortSignal, onAbort: () => void = () => undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      onAbort();
      reject(signal.reason);
    });
  });
}

async function checkCancel(bench: Bench): Promise<void> {
  let aborts = 0;
  const answer = async (_: string, [path]: readonly unknown[], signal: AbortSignal): Promise<unknown> =>
    path === 'waits' ? await waitForAbort(signal, () => (aborts += 1)) : path;
  const { outcome } = await runTrial(bench, { handler: 'duties.mjs#cancels', api: ['fs.readFile'], answer });
  assert.equal(valueOf(outcome), 'ERR_ABORTED');
  assert.equal(aborts, 1);
}

async function checkLateCall(bench: Bench): Promise<void> {
  const heard: string[] = [];
  const answer = (name: string): Promise<unknown> => {
    heard.push(name);
    return Promise.resolve('answered');
  };
  const { outcome, notes } = await runTrial(bench, { handler: 'duties.mjs#asksTooLate', api: ['fs.readFile'], answer });
  assert.equal(valueOf(outcome), 'done');
  assert.deepEqual(heard, []);
  const fields = notes.map((note) => (note.kind === 'log' ? [note.text, note.fields] : []));
  assert.deepEqual(fields, [['refused', { code: 'ERR_PERMISSION_DENIED' }]]);
}

async function checkOpenCall(bench: Bench): Promise<void> {
  let aborted = false;
  const answer = (_: string, __: readonly unknown[], signal: AbortSignal): Promise<unknown> =>
    waitForAbort(signal, () => (aborted = true));
  const { outcome } = await runTrial(bench, { handler: 'host-calls.mjs#asksAndLeaves', api: ['fs.readFile'], answer });
  assert.equal(valueOf(outcome), 'left');
  assert.ok(aborted);
}

async function checkNotes(bench: Bench): Promise<void> {
  const { outcome, notes } = await runTrial(bench, { handler: 'duties.mjs#tells' });
  assert.equal(valueOf(outcome), 'told');
  const bad = notes.find((note) => note.kind === 'log' && note.text === 'four');
  assert.ok(bad?.kind === 'log' && typeof bad.fields['unsendable'] === 'string');
  const log = { kind: 'log', source: 'log', fields: {} };
  assert.deepEqual(notes, [
    { ...log, level: 'trace', text: 'one' },
    { ...log, level: 'debug', text: 'two', fields: { a: 1 } },
    { kind: 'progress', message: 'half', fraction: 0.5 },
    { ...log, level: 'info', text: 'three', fields: { nested: { list: [1, 2] } } },
    { kind: 'progress', message: 'going', fraction: undefined },
    { ...log, level: 'warn', text: 'four', fields: bad.fields },
    { ...log, level: 'error', text: 'line\n[INFO] not another record' },
  ]);
}

async function checkOutput(bench: Bench): Promise<void> {
  const limits = { maxOutputBytes: 4_096 };
  const { outcome, notes } = await runTrial(bench, { handler: 'duties.mjs#chatters', input: 1_000, limits });
  assert.equal(valueOf(outcome), 'done');
  const logs = notes.filter((note) => note.kind === 'log');
  const markers = logs.filter(({ source }) => source === 'sandbox');
  assert.equal(markers.length, 1);
  assert.equal(logs.at(-1), markers[0]);
  const bytes = logs.filter(({ source }) => source === 'log').reduce((sum, { text }) => sum + text.length, 0);
  assert.ok(bytes > 1_000 && bytes <= 4_096, `${bytes} bytes passed`);
  assert.ok(outcome.usage.outputBytes <= 4_096);
}
