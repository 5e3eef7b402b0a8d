import type { EventMailbox } from './event-mailbox.js';
import { createSettled } from './waiting.js';

/** Holds events back at the host while a reader here is behind; but no reader keeps the others from theirs for long. */
export interface RoomGate {
  /** Resolves when there is room for more events, or nobody left who wants any. */
  pass(): Promise<void>;
  /** Looks again: a reader has read, came or went. */
  stir(): void;
}

/** Who wants events at the moment. */
export interface EventDemand {
  readonly mailboxes: readonly EventMailbox[];
  /** Something other than a mailbox has no room. */
  readonly isHeldUp: boolean;
}

/** A reader that is far behind holds up the others for this long. From then on it loses events. */
const PATIENCE_MS = 250;

/** Makes the gate. `look` is asked again after each stir. */
export function createRoomGate(look: () => EventDemand): RoomGate {
  let stirred = createSettled<void>();
  const stallFull = (): void => {
    for (const box of look().mailboxes) if (box.isFull) box.stall();
    stirred.settle();
  };
  return {
    async pass() {
      for (;;) {
        const { mailboxes, isHeldUp } = look();
        const full = mailboxes.filter((box) => box.isFull);
        const areAllFull = isHeldUp || (mailboxes.length > 0 && full.length === mailboxes.length);
        if (!areAllFull && full.every((box) => box.isStalled)) return;
        stirred = createSettled();
        const timer = areAllFull ? undefined : setTimeout(stallFull, PATIENCE_MS).unref();
        await stirred.promise;
        clearTimeout(timer);
      }
    },
    stir: () => stirred.settle(),
  };
}
