import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { SandboxIsolation, SandboxPlan } from '@kb-labs/contracts';
import { planTrial, runInPlace } from '../bench/trial.js';
import type { Bench, Trial, TrialReport } from '../bench/trial.js';
import type { Duty } from './duty.js';
import { valueOf } from './expected.js';

const STAYS = { kind: 'plugin', tenant: 'one', reentrant: false } as const satisfies SandboxIsolation;
const NOTHING = ['nothing', 'nothing'];

/** Plans that differ in one thing from that of the run before. */
const OTHERS: Readonly<Record<string, (plan: SandboxPlan) => SandboxPlan>> = {
  'another plugin': (plan) => ({ ...plan, plugin: { ...plan.plugin, id: 'conformance-too' } }),
  'another version': (plan) => ({ ...plan, plugin: { ...plan.plugin, version: '2.0.0' } }),
  'another policy': (plan) => ({ ...plan, policyDigest: 'conformance-too' }),
  'another tenant': (plan) => ({ ...plan, isolation: { ...STAYS, tenant: 'two' } }),
  'other variables': (plan) => ({ ...plan, env: { OTHER: 'other' } }),
  'isolation by execution': (plan) => ({ ...plan, isolation: { kind: 'execution' } }),
};

/** What guests that stay for several runs keep apart. An adapter that has none refuses the plan. */
export const ISOLATION_DUTIES: readonly Duty[] = [
  {
    title: 'has guests that stay for runs of one plan, or refuses that with ERR_CONFIG_INVALID',
    async check(bench) {
      // Variables of its own: no guest of another duty is meant.
      const trial = { handler: 'isolation.mjs#leaves', env: { OF: 'two runs' } };
      const first = await runStaying(bench, { ...trial, input: 'first' });
      const second = await runStaying(bench, { ...trial, input: 'second' });
      assert.deepEqual(first && valueOf(first.outcome), first && NOTHING);
      assert.equal(second === undefined, first === undefined);
      // A guest that stays may end at any time: the second run is in the same one, or in a new one.
      if (second !== undefined)
        assert.ok([NOTHING, ['first', 'first']].some((each) => isDeepStrictEqual(each, valueOf(second.outcome))));
    },
  },
  ...Object.entries(OTHERS).map(([name, other]): Duty => ({
    title: `lets no run meet what one of a guest that stays has left: ${name}`,
    async check(bench) {
      const mark = `left for ${name}`;
      const first = await runStaying(bench, { handler: 'isolation.mjs#leaves', input: mark });
      if (first === undefined) return;
      const found = await runStaying(bench, { handler: 'isolation.mjs#finds' }, other);
      assert.ok(!JSON.stringify(found && valueOf(found.outcome)).includes(mark));
    },
  })),
  {
    title: 'lets no run of a guest that stays meet what a run with a guest of its own has left',
    async check(bench) {
      const trial = { handler: 'isolation.mjs#leaves', input: 'alone' };
      const first = await runStaying(bench, trial, (plan) => ({ ...plan, isolation: { kind: 'execution' } }));
      const found = await runStaying(bench, { handler: 'isolation.mjs#finds', env: { OF: 'its own' } });
      if (found !== undefined)
        assert.deepEqual([first && valueOf(first.outcome), valueOf(found.outcome)], [NOTHING, NOTHING]);
    },
  },
  { title: 'keeps runs of a re-entrant plugin apart that are under way at once', check: checkAtOnce },
];

/** `undefined` where the adapter refuses. */
async function runStaying(
  bench: Bench,
  trial: Trial,
  change: (plan: SandboxPlan) => SandboxPlan = (plan) => plan,
): Promise<TrialReport | undefined> {
  const plan = change({ ...planTrial(bench, trial), isolation: STAYS });
  try {
    await using place = await bench.adapter.acquire(plan);
    return await runInPlace(place, bench, trial);
  } catch (error) {
    assert.equal(Reflect.get(Object(error), 'code'), 'ERR_CONFIG_INVALID');
    return undefined;
  }
}

async function checkAtOnce(bench: Bench): Promise<void> {
  const reentrant: SandboxIsolation = { ...STAYS, reentrant: true };
  const answers = async (id: string): Promise<unknown> => {
    await new Promise((resolve) => void setImmediate(resolve));
    return id;
  };
  const ids = ['a', 'b', 'c', 'd'];
  const reports = await Promise.all(
    ids.map((id) =>
      runStaying(
        bench,
        {
          handler: 'duties.mjs#mixes',
          input: id,
          api: ['fs.readFile', 'env.read'],
          env: { ID: 'all' },
          answer: (_, [path]) => answers(`${id} ${String(path)}`),
        },
        (plan) => ({ ...plan, isolation: reentrant }),
      ),
    ),
  );
  for (const [index, report] of reports.entries()) {
    if (report === undefined) continue;
    const id = ids[index] ?? '';
    const answered = Array.from({ length: 5 }, () => `${id} ${id}`);
    assert.deepEqual(valueOf(report.outcome), { id, answers: answered, env: { ID: 'all' } });
    assert.deepEqual(
      report.notes.map((note) => (note.kind === 'log' ? note.text : note.kind === 'progress' && note.message)),
      [id, id],
    );
  }
}
