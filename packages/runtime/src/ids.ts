import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';

/** Makes the ids of one runtime's executions. Random bytes are had in batches: asking for sixteen takes longer than a short run. */
export interface Ids {
  /** A UUID of version 7: in the order of time, also within a millisecond. */
  executionId(): string;
  /** 32 lower-case hex digits. */
  traceId(): string;
  /** Makes ids of spans, 16 lower-case hex digits, that differ from one another, and in all likelihood from those of other executions. */
  spanIds(): () => string;
}

/** Bytes of one batch. An id is a piece of the text of its batch, and keeps it in memory: so it is small. */
const BATCH_BYTES = 4096;
/** What is asked of the system at once: several batches, for asking takes longer than to get so many. */
const RANDOM_BYTES = 16 * BATCH_BYTES;
/** The counter of a millisecond: it begins in the lower half, so that there is room to count. */
const COUNTER_BITS = 12;
const COUNTERS = 2 ** COUNTER_BITS;

/** Makes ids. `now` are milliseconds since the epoch. */
export function createIds(now: () => number): Ids {
  const hex = createHexSource();
  let lastTime = 0;
  let timeText = '';
  let counter = 0;

  const tick = (): void => {
    const time = now();
    counter += 1;
    if (time > lastTime || counter >= COUNTERS) beginTime(time);
  };

  const beginTime = (time: number): void => {
    // A clock that went back, or a full counter: the time of the ids goes on by itself.
    lastTime = Math.max(time, lastTime + 1);
    const digits = Math.trunc(lastTime).toString(16).padStart(12, '0').slice(-12);
    timeText = `${digits.slice(0, 8)}-${digits.slice(8)}-7`;
    counter = Number.parseInt(hex(3), 16) % (COUNTERS / 2);
  };

  return {
    executionId() {
      tick();
      const variant = VARIANTS[hex(1).charCodeAt(0) % VARIANTS.length] ?? '8';
      return `${timeText}${(COUNTERS + counter).toString(16).slice(1)}-${variant}${hex(3)}-${hex(12)}`;
    },
    traceId: () => notZero(hex(32)),
    spanIds() {
      const base = hex(10);
      let count = 0;
      return () => {
        count += 1;
        // Most runs need no other.
        return count === 1 ? `${base}000001` : `${base}${(count % 0x1_00_00_00).toString(16).padStart(6, '0')}`;
      };
    },
  };
}

const VARIANTS = ['8', '9', 'a', 'b'];

/** Takes the next digits of a batch, each once. */
function createHexSource(): (digits: number) => string {
  const bytes = Buffer.alloc(RANDOM_BYTES);
  let next = RANDOM_BYTES;
  let text = '';
  let taken = 0;
  const refill = (): void => {
    if (next === RANDOM_BYTES) {
      randomFillSync(bytes);
      next = 0;
    }
    text = bytes.toString('hex', next, next + BATCH_BYTES);
    next += BATCH_BYTES;
    taken = 0;
  };
  return (digits) => {
    if (taken + digits > text.length) refill();
    taken += digits;
    return text.slice(taken - digits, taken);
  };
}

/** W3C trace context takes zeros alone for no id. */
function notZero(id: string): string {
  return id.startsWith('0') && /^0+$/u.test(id) ? `${id.slice(1)}1` : id;
}
