import { describe, expect, it } from 'vitest';
import { interleaveThroughput } from '../src/throughput.js';

const base = { inFlight: 3, rounds: 2, sliceMs: 20, leadMs: 5 };

describe('throughput', () => {
  it('keeps so many calls in flight, and counts what ends within a slice', async () => {
    let most = 0;
    let now = 0;
    const subject = async (): Promise<void> => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
    };
    const { subject: rates } = await interleaveThroughput(
      { subject },
      { ...base, signal: new AbortController().signal },
    );
    expect([most, rates.length, rates.every((rate) => rate >= 0), now]).toEqual([3, 2, true, 0]);
  });

  it('counts nothing that ends before a slice or after it', async () => {
    const subject = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));
    const { subject: rates } = await interleaveThroughput(
      { subject },
      { ...base, rounds: 1, signal: new AbortController().signal },
    );
    expect(rates).toEqual([0]);
  });

  it('ends where it is stopped', async () => {
    const controller = new AbortController();
    const subject = async (): Promise<void> => controller.abort(new Error('stopped'));
    await expect(interleaveThroughput({ subject }, { ...base, signal: controller.signal })).rejects.toThrow('aborted');
  });
});
