import type { Bench } from '../bench.js';
import { curveRows } from '../curve.js';
import { interleave } from '../interleave.js';
import { openOurs } from '../ours.js';
import { restToBoot } from '../peers/bare-process.js';
import { median } from '../statistics.js';

const KIB = 1024;
const BYTES = [KIB, 16 * KIB, 256 * KIB, 4096 * KIB, 65_536 * KIB];
/** A frame is larger than the bytes in it. */
const quotas = { maxResultBytes: 65_600 * KIB, memoryMb: 2048, timeoutMs: 60_000, cpuMs: 60_000 };

export const scalePayload: Bench = {
  name: 'scale-payload',
  title: 'a run that takes and gives so many bytes, in a process of its own that was made ready',
  async run({ quick, signal }) {
    await using ours = openOurs({ grant: { permissions: { quotas } } });
    const subjects = BYTES.map((size) => {
      const bytes = new Uint8Array(size).map((_, index) => index * 31);
      return [String(size), () => ours.call('trivial', bytes)] as const;
    });
    const rounds = quick ? 7 : 20;
    // With a spare for each: where one run finds it and the next does not, a point tells of that alone.
    const restMs = await restToBoot(signal);
    const samples = await interleave(Object.fromEntries(subjects), { rounds, restMs, warmups: 1, signal });
    return curveRows(
      'payload',
      'ms',
      BYTES.map((at) => ({ at, cost: median(samples[String(at)] ?? []) })),
    );
  },
};
