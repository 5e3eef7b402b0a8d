import type { SandboxOutcome } from '@kb-labs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budget } from './budget.js';
import { conversations, damage, damages, disorder, disorders, isSame, resultIn } from './guest-stream.js';
import { play } from './host-session.js';

const KNOWN = /^(?:as said|ERR_PROTOCOL|ERR_SANDBOX_CRASHED|ERR_OUTPUT_EXCEEDED|ERR_HANDLER_FAILED)$/;
const pieces = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 400 }), fc.constant(1_000_000));

/** Counted over all runs, so that a property that tried nothing would show. */
const counts = { frames: 0, ok: 0, failed: 0 };

describe('the session of a host', () => {
  it('Q02 gives the value of an unchanged stream, in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(conversations, pieces, async ({ frames, value }, piece) => {
        const { outcome, settled } = await play(Buffer.concat(frames), piece);
        expect(outcome).toMatchObject({ ok: true });
        expect(isSame(outcome.ok && outcome.value, value)).toBe(true);
        expect(settled).toBe(1);
      }),
      budget(100),
    );
  });

  it('Q02 gives the value or a failure, never another value, where frames are repeated, dropped, swapped or cut', async () => {
    await fc.assert(
      fc.asyncProperty(conversations, disorders, pieces, async ({ frames, value }, changes, piece) => {
        const { outcome, settled } = await play(Buffer.concat(disorder(frames, changes)), piece);
        count(frames.length, outcome.ok);
        expect(settled).toBe(1);
        expect(verdictOf(outcome, { value })).toMatch(KNOWN);
      }),
      budget(300),
    );
  });

  it('Q02 says what whole frames say, or fails, where bytes are flipped, cut, repeated or put between', async () => {
    await fc.assert(
      fc.asyncProperty(conversations, damages, pieces, async ({ frames }, changes, piece) => {
        const stream = damage(Buffer.concat(frames), changes);
        const { outcome, settled } = await play(stream, piece);
        count(frames.length, outcome.ok);
        expect(settled).toBe(1);
        expect(verdictOf(outcome, resultIn(stream))).toMatch(KNOWN);
      }),
      budget(600),
    );
  });

  it('Q02 gives the same end for a stream, however it is split', async () => {
    await fc.assert(
      fc.asyncProperty(conversations, damages, async ({ frames }, changes) => {
        const stream = damage(Buffer.concat(frames), changes).subarray(0, 300);
        const whole = await play(stream, 1_000_000);
        const bytewise = await play(stream, 1);
        count(frames.length * 2, whole.outcome.ok);
        expect(endOf(bytewise)).toEqual(endOf(whole));
      }),
      budget(60),
    );
  });

  it('Q02 fails at the start, and ends, where the very first bytes are damaged', async () => {
    await fc.assert(
      fc.asyncProperty(conversations, damages, pieces, async ({ frames }, changes, piece) => {
        const { outcome } = await play(damage(Buffer.concat(frames), changes), piece, false);
        count(frames.length, outcome.ok);
        expect(outcome).toMatchObject({
          ok: false,
          error: { code: expect.stringMatching(/^ERR_(PROTOCOL|SANDBOX_CRASHED)$/) },
        });
      }),
      budget(100),
    );
  });

  it('Q02 holds no more than the bytes of one frame for a guest, and nothing of one that has gone', async () => {
    const before = process.memoryUsage.rss();
    for (let round = 0; round < 40; round += 1) {
      const { outcome } = await play(Buffer.concat([promise('[0,[16000000]]'), Buffer.alloc(10_000)]), 100);
      expect(outcome).toMatchObject({ ok: false, error: { code: 'ERR_SANDBOX_CRASHED' } });
    }
    // 40 promised frames are 640 MB: none of it is there but what was written.
    expect((process.memoryUsage.rss() - before) / 1_048_576).toBeLessThan(200);
  });

  it('Q02 waits for no bytes behind a text that promises others', async () => {
    for (const text of ['', '[0,[]]', '[0,[15999999]]', '[0,[16000000,1]]', '[0,[16000000,-1]]']) {
      const { outcome } = await play(Buffer.concat([promise(text), Buffer.alloc(100)]), 100);
      expect([text, outcome]).toMatchObject([text, { ok: false, error: { code: 'ERR_PROTOCOL' } }]);
    }
  });

  it('Q02 has tried what it says', () => {
    expect(counts.frames).toBeGreaterThan(3_000);
    expect(Math.min(counts.ok, counts.failed)).toBeGreaterThan(50);
    process.stdout.write(
      `mutated frames: ${counts.frames}, runs that ended well: ${counts.ok}, that failed: ${counts.failed}; resident: ${Math.round(process.memoryUsage.rss() / 1_048_576)} MiB\n`,
    );
  });
});

/** The begin of a frame that says that 16 MB of raw bytes come behind this text. */
function promise(text: string): Buffer {
  const json = Buffer.from(text.padEnd(20));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(4 + json.length + 16_000_000, 0);
  head.writeUInt32BE(json.length, 4);
  return Buffer.concat([head, json]);
}

function count(frames: number, ok: boolean): void {
  counts.frames += frames;
  counts[ok ? 'ok' : 'failed'] += 1;
}

function verdictOf(outcome: SandboxOutcome, said: { readonly value: unknown } | undefined): string {
  if (!outcome.ok) return outcome.error.code;
  return said !== undefined && isSame(outcome.value, said.value) ? 'as said' : 'another value';
}

function endOf({ outcome, notes }: Awaited<ReturnType<typeof play>>): unknown {
  return { end: outcome.ok ? outcome.value : outcome.error.message, notes };
}
