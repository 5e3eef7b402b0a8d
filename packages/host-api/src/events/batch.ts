import type { DeliveredEvent, EventEnvelope } from '@kb-labs/contracts';

/** Events that one answer hands over. */
export interface Batch {
  readonly events: readonly DeliveredEvent[];
  /** False, and nothing is added, where there is no room for it. A first one always fits: whether it is too large, the wire says. */
  add(subscription: number, event: EventEnvelope): boolean;
  /** Takes out what is for this subscription. */
  drop(subscription: number): void;
}

const MAX_EVENTS = 64;
const MAX_BYTES = 524_288;
const MAX_ELEMENTS = 10_000;

/** Holds at most 64 events, 512 KiB of JSON and 10 000 values, which is half of what the wire takes in one message. */
export function createBatch(): Batch {
  let events: DeliveredEvent[] = [];
  let bytes = 0;
  let elements = 0;
  return {
    get events() {
      return events;
    },
    add(subscription, event) {
      const weight = weigh(event.payload);
      const fits = bytes + weight.bytes <= MAX_BYTES && elements + weight.elements <= MAX_ELEMENTS;
      if (events.length > 0 && (events.length === MAX_EVENTS || !fits)) return false;
      events.push({ subscription, event });
      bytes += weight.bytes;
      elements += weight.elements;
      return true;
    },
    drop(subscription) {
      events = events.filter((each) => each.subscription !== subscription);
    },
  };
}

/** Room for what the host itself writes into an envelope. */
const ENVELOPE = { bytes: 1_024, elements: 16 } as const;

function weigh(payload: unknown): { readonly bytes: number; readonly elements: number } {
  const json = JSON.stringify(payload) ?? '';
  // One value, and one more behind each comma, colon and bracket; those inside of texts make it seem heavier.
  const elements = json.length === 0 ? 0 : json.split(/[,:[{]/).length;
  return { bytes: ENVELOPE.bytes + Buffer.byteLength(json), elements: ENVELOPE.elements + elements };
}
