import type { DeliveredEvent, EventEnvelope } from '@kb-labs/contracts';
import { weighPayload } from './payload-weight.js';

/** Events that one answer hands over. */
export interface Batch {
  readonly events: readonly DeliveredEvent[];
  /** Makes room for so many, where that is more than the 64 there are, but never for more than 256. */
  widen(events: number): void;
  /** False, and nothing is added, where there is no room for it. A first one always fits: whether it is too large, the wire says. */
  add(subscription: number, event: EventEnvelope): boolean;
  /** Takes out what is for this subscription. */
  drop(subscription: number): void;
}

const FEW_EVENTS = 64;
const MAX_EVENTS = 256;
const MAX_BYTES = 524_288;
const MAX_ELEMENTS = 10_000;
/** Room for what the host itself writes into an envelope. */
const ENVELOPE = { bytes: 1_024, elements: 16 } as const;

/** Holds at most 64 events, or up to 256 once widened, 512 KiB of JSON and 10 000 values, which is half of what the wire takes in one message. */
export function createBatch(): Batch {
  let events: DeliveredEvent[] = [];
  let bytes = 0;
  let elements = 0;
  let most = FEW_EVENTS;
  return {
    get events() {
      return events;
    },
    widen(wanted) {
      most = Math.max(most, Math.min(wanted, MAX_EVENTS));
    },
    add(subscription, event) {
      if (events.length >= most) return false;
      const weight = weighPayload(event.payload);
      const bytesThen = bytes + ENVELOPE.bytes + weight.bytes;
      const elementsThen = elements + ENVELOPE.elements + weight.elements;
      if (events.length > 0 && (bytesThen > MAX_BYTES || elementsThen > MAX_ELEMENTS)) return false;
      events.push({ subscription, event });
      bytes = bytesThen;
      elements = elementsThen;
      return true;
    },
    drop(subscription) {
      events = events.filter((each) => each.subscription !== subscription);
    },
  };
}
