import { settledValue } from '@kb-labs/contracts';
import { withinDeadline } from './deadline.js';
import type { Timers } from './deadline.js';

/** How long closing may take, and who hears that it failed or took longer. */
export interface Closing {
  readonly graceMs: number;
  readonly timers: Timers;
  readonly report: (thrown: unknown) => void;
}

/** Closes what was opened, and has nothing to wait for where that was done at once. Never throws or rejects. */
export function closeInTime(thing: AsyncDisposable, closing: Closing): Promise<void> | undefined {
  try {
    const ended = thing[Symbol.asyncDispose]();
    return settledValue(ended) === undefined ? closeLater(ended, closing) : undefined;
  } catch (thrown) {
    closing.report(thrown);
    return undefined;
  }
}

async function closeLater(ended: PromiseLike<void>, { graceMs, timers, report }: Closing): Promise<void> {
  const deadline = { limitMs: 0, graceMs, line: undefined, code: 'ERR_SANDBOX_CRASHED', duty: 'close' } as const;
  try {
    await withinDeadline(ended, { ...deadline, timers, late: () => undefined });
  } catch (thrown) {
    report(thrown);
  }
}
