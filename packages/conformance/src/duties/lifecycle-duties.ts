import assert from 'node:assert/strict';
import type { GuestNote } from '@kb-labs/contracts';
import { planTrial, runInPlace, runTrial } from '../bench/trial.js';
import type { Bench, TrialReport } from '../bench/trial.js';
import type { Duty } from './duty.js';
import { failureOf, valueOf } from './expected.js';

/** Reasons for an abort, and what may be told of them. */
const REASONS: Readonly<Record<string, () => unknown>> = {
  'an Error': () => new Error('enough'),
  'a string': () => 'enough',
  'a symbol': () => Symbol('enough'),
  'a proxy that throws': () =>
    new Proxy(Object.create(null), {
      get: () => assert.fail('the reason was read'),
      getPrototypeOf: () => assert.fail('the reason was read'),
    }),
  'a text of 10 MB': () => 'x'.repeat(10_000_000),
};

/** Beginnings and endings. */
export const LIFECYCLE_DUTIES: readonly Duty[] = [
  {
    title: 'refuses to open a place for a caller that is gone, with ERR_ABORTED',
    async check(bench) {
      const plan = { ...planTrial(bench, { handler: '' }), signal: AbortSignal.abort(new Error('gone')) };
      await assert.rejects(bench.adapter.acquire(plan), { code: 'ERR_ABORTED' });
    },
  },
  ...Object.entries(REASONS).flatMap(([name, reason]): readonly Duty[] => [
    {
      title: `ends a run whose signal was aborted before it began (${name})`,
      check: async (bench) =>
        checkAbort(await runTrial(bench, { handler: 'duties.mjs#waits', signal: AbortSignal.abort(reason()) })),
    },
    {
      title: `ends a run whose signal aborts (${name})`,
      check: async (bench) => checkAbort(await abortWhenItWaits(bench, 'duties.mjs#waits', reason())),
    },
  ]),
  {
    title: 'tells the guest that it must stop, and lets it clean up',
    async check(bench) {
      const { notes } = await abortWhenItWaits(bench, 'duties.mjs#waits', 'enough');
      assert.deepEqual(textsOf(notes), ['waiting', 'told to stop', 'cleaned up']);
    },
  },
  { title: 'ends a run that takes longer than timeoutMs with ERR_TIMEOUT, elapsed and limit', check: checkTimeout },
  ...['cleansUp', 'cleansUpAfterFailure', 'cleansUpAfterAbort'].map((name): Duty => ({
    title: `runs what was registered for cleaning up, last first (${name})`,
    async check(bench) {
      const { notes } = await abortWhenItWaits(bench, `duties.mjs#${name}`, 'enough');
      const texts = textsOf(notes).filter((text) => text !== 'waiting');
      assert.deepEqual(texts, ['cleanup 3', 'a cleanup failed', 'cleanup 2', 'cleanup 1']);
    },
  })),
  {
    title: 'may be disposed of twice',
    async check(bench) {
      const place = await bench.adapter.acquire(planTrial(bench, { handler: '' }));
      await place[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  },
  {
    title: 'settles a run whose place is disposed of',
    async check(bench) {
      const place = await bench.adapter.acquire(planTrial(bench, { handler: '' }));
      const started = Promise.withResolvers<void>();
      const running = runInPlace(place, bench, { handler: 'duties.mjs#waits', onNote: () => started.resolve() });
      await started.promise;
      await place[Symbol.asyncDispose]();
      const { outcome } = await running;
      assert.equal(outcome.ok, false);
    },
  },
  {
    title: 'opens another place after one has failed',
    async check(bench) {
      failureOf((await runTrial(bench, { handler: 'duties.mjs#throwsError' })).outcome, 'ERR_HANDLER_FAILED');
      const { outcome } = await runTrial(bench, { handler: 'duties.mjs#echo', input: 'well' });
      assert.equal(valueOf(outcome), 'well');
    },
  },
  { title: 'keeps two places apart that run at once', check: checkTwoPlaces },
  { title: 'tells what enforces each confinement', check: checkReport },
  {
    title: 'tells whether a place was made for its caller',
    async check(bench) {
      await using place = await bench.adapter.acquire(planTrial(bench, { handler: '' }));
      assert.equal(typeof place.coldStart, 'boolean');
    },
  },
];

function checkAbort({ outcome }: TrialReport): void {
  const { error } = failureOf(outcome, 'ERR_ABORTED');
  assert.ok(error.message.length <= 4_096, `the message has ${error.message.length} characters`);
}

/** Aborts once the guest says that it waits. A guest that never says so is not aborted. */
async function abortWhenItWaits(bench: Bench, handler: string, reason: unknown): Promise<TrialReport> {
  const controller = new AbortController();
  const onNote = (note: GuestNote): void => {
    if (note.kind === 'log' && note.text === 'waiting') controller.abort(reason);
  };
  return await runTrial(bench, { handler, signal: controller.signal, onNote });
}

function textsOf(notes: readonly GuestNote[]): readonly string[] {
  return notes.flatMap((note) => (note.kind === 'track' ? [] : [note.kind === 'log' ? note.text : note.message]));
}

async function checkTimeout(bench: Bench): Promise<void> {
  const timeoutMs = 300;
  const { outcome, elapsedMs } = await runTrial(bench, { handler: 'duties.mjs#waits', limits: { timeoutMs } });
  const { details } = failureOf(outcome, 'ERR_TIMEOUT').error;
  const limitMs = Math.ceil(timeoutMs * bench.timeScale);
  assert.equal(details['limitMs'], limitMs);
  assert.ok(Number(details['elapsedMs']) >= limitMs - 2 && Number(details['elapsedMs']) <= elapsedMs + 2);
}

async function checkTwoPlaces(bench: Bench): Promise<void> {
  const answer = async (_: string, [path]: readonly unknown[]): Promise<unknown> => {
    await new Promise((resolve) => void setImmediate(resolve));
    return path;
  };
  const ids = ['a', 'b', 'c'];
  const reports = await Promise.all(
    ids.map((id) =>
      runTrial(bench, {
        handler: 'duties.mjs#mixes',
        input: id,
        api: ['fs.readFile', 'env.read'],
        env: { ID: id },
        answer,
      }),
    ),
  );
  for (const [index, { outcome, notes }] of reports.entries()) {
    const id = ids[index];
    assert.deepEqual(valueOf(outcome), { id, answers: [id, id, id, id, id], env: { ID: id } });
    assert.deepEqual(textsOf(notes), [id, id]);
  }
}

async function checkReport(bench: Bench): Promise<void> {
  await using place = await bench.adapter.acquire(planTrial(bench, { handler: '' }));
  const { adapter, firmness, by } = place.confinement;
  assert.equal(adapter, bench.adapter.name);
  assert.deepEqual(firmness, await bench.adapter.confines());
  for (const line of Object.keys(firmness))
    assert.ok(String(Reflect.get(by, line)).length > 0, `nothing is said of ${line}`);
}
