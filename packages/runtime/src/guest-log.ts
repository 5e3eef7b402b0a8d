import { Buffer } from 'node:buffer';
import type { Clock, GuestNote, LogRecord } from '@kb-labs/contracts';

/** Empty lines cost memory as well, so the number of lines has a limit of its own. */
const MAX_LINES = 20_000;

type GuestLine = Extract<GuestNote, { kind: 'log' }>;

/** Keeps what a guest says, in its order, up to a number of bytes; a marker stands where the rest was cut. */
export interface GuestLogBook {
  /** The record that was kept: the line, the marker, or `undefined` where the line was dropped. */
  add(line: GuestLine): LogRecord | undefined;
  readonly records: readonly LogRecord[];
}

/** `maxBytes` counts the text and the fields as JSON; the adapter has its own limit, and this one does not trust it. */
export function createGuestLogBook(maxBytes: number, clock: Clock): GuestLogBook {
  const records: LogRecord[] = [];
  let bytes = 0;
  let full = false;

  function keep(record: LogRecord): LogRecord {
    records.push(Object.freeze(record));
    return record;
  }

  return {
    records,
    add(line) {
      if (full) return undefined;
      const fields = asJson(line.fields);
      bytes += Buffer.byteLength(line.text) + (fields === undefined ? 0 : Buffer.byteLength(fields));
      full = bytes > maxBytes || records.length >= MAX_LINES;
      const time = clock.now();
      if (full) return keep({ time, level: 'warn', source: 'sandbox', text: cutMarker(maxBytes), fields: {} });
      return keep({
        time,
        level: line.level,
        source: line.source,
        text: line.text,
        fields: fields === undefined ? {} : line.fields,
      });
    },
  };
}

/** `undefined` for no fields, and for those that are no JSON data: they are left out. */
function asJson(fields: GuestLine['fields']): string | undefined {
  if (Object.keys(fields).length === 0) return undefined;
  try {
    return JSON.stringify(fields);
  } catch {
    // A cycle or a bigint: the text of the line is what counts.
    return undefined;
  }
}

function cutMarker(maxBytes: number): string {
  return `the output was cut here: at most ${maxBytes} bytes and ${MAX_LINES} lines are kept`;
}
