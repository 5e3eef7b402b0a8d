import { describe, expect, it } from 'vitest';
import { row } from '../src/row.js';
import { runBenches } from '../src/run-benches.js';

const one = row('cold', { ours: 30, floor: 30, peers: {}, unit: 'ms' });

function options(): {
  said: string[];
  controller: AbortController;
  shared: Omit<Parameters<typeof runBenches>[0], 'runOne'>;
} {
  const said: string[] = [];
  const controller = new AbortController();
  const progress = (text: string): void => void said.push(text.replace(/took [\d.]+ s/u, 'took N s'));
  return { said, controller, shared: { names: ['a', 'b', 'c'], quick: true, signal: controller.signal, progress } };
}

describe('all benches', () => {
  it('run one after another, and one that throws does not end the others', async () => {
    const { said, shared } = options();
    const report = await runBenches({
      ...shared,
      runOne: async (name, { quick }) => {
        if (name === 'b') throw new Error('there is no peer');
        return quick ? [one] : [];
      },
    });
    expect(report).toEqual({
      rows: [one, one],
      failures: [{ name: 'b', reason: 'there is no peer' }],
      seconds: expect.any(Number),
    });
    expect(said).toEqual([
      '[1/3] a: begins',
      '[1/3] a: took N s',
      '[2/3] b: begins',
      '[2/3] b: FAILED: there is no peer',
      '[3/3] c: begins',
      '[3/3] c: took N s',
    ]);
  });

  it('end where they are stopped', async () => {
    const { controller, shared } = options();
    const report = await runBenches({
      ...shared,
      runOne: async (name) => {
        if (name === 'b') controller.abort();
        controller.signal.throwIfAborted();
        return [one];
      },
    });
    expect([report.rows, report.failures]).toEqual([[one], []]);
  });
});
