import { describe, expect, it } from 'vitest';
import { interleave, interleaveLoops } from '../src/interleave.js';

const { signal } = new AbortController();

describe('interleaved measuring', () => {
  it('calls each subject once in a round, and no order follows itself', async () => {
    const rounds: string[] = [];
    let round = '';
    const call = (name: string) => (): void => {
      round += name;
      if (round.length === 3) rounds.push(round);
      if (round.length === 3) round = '';
    };
    const samples = await interleave({ a: call('a'), b: call('b'), c: call('c') }, { rounds: 6, warmups: 0, signal });
    expect(rounds.map((order) => [...order].toSorted().join(''))).toEqual(Array.from({ length: 6 }, () => 'abc'));
    expect(new Set(rounds).size).toBe(6);
    expect([samples.a.length, samples.b.length, samples.c.length]).toEqual([6, 6, 6]);
  });

  it('waits for what is asynchronous, and does not count the warm-up', async () => {
    let calls = 0;
    let atOnce = 0;
    const subject = async (): Promise<void> => {
      calls += 1;
      atOnce += 1;
      await new Promise((resolve) => setImmediate(resolve));
      expect(atOnce).toBe(1);
      atOnce -= 1;
    };
    const { subject: samples } = await interleave({ subject }, { rounds: 4, warmups: 2, signal });
    expect([calls, samples.length, samples.every((ms) => ms > 0)]).toEqual([6, 4, true]);
  });

  it('gives each call of a loop its number, and a sample a round', async () => {
    const seen: number[] = [];
    const subjects = { a: (index: number) => seen.push(index) };
    const samples = await interleaveLoops(subjects, { rounds: 2, calls: 3, warmups: 1, signal });
    expect([seen, samples.a.length]).toEqual([[0, 1, 2, 0, 1, 2, 0, 1, 2], 2]);
  });

  it('clears up before each call, those before the first round included', async () => {
    const done: string[] = [];
    const [a, b] = [() => done.push('a'), () => done.push('b')];
    const clear = async (): Promise<void> => void done.push('clear');
    await interleave({ a, b }, { rounds: 1, warmups: 1, signal, clear });
    expect(done).toEqual(['clear', 'a', 'clear', 'b', 'clear', 'a', 'clear', 'b']);
  });

  it('rests before each call where it is told to', async () => {
    const rests: number[] = [];
    let last = performance.now();
    const subject = (): void => {
      rests.push(performance.now() - last);
      last = performance.now();
    };
    const samples = await interleave({ subject }, { rounds: 2, warmups: 0, restMs: 5, signal });
    expect([rests.every((ms) => ms >= 4), samples.subject.length]).toEqual([true, 2]);
  });

  it.each([interleave, interleaveLoops])('ends where it is stopped', async (measure) => {
    const controller = new AbortController();
    let calls = 0;
    const subject = (): void => {
      calls += 1;
      controller.abort(new Error('stopped'));
    };
    const running = measure({ subject }, { rounds: 5, calls: 1, signal: controller.signal });
    await expect(running).rejects.toThrow('stopped');
    expect(calls).toBe(1);
  });
});
