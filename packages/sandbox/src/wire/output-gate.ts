import type { GuestNote, SandboxHost } from '@kb-labs/contracts';
import { FrameError } from './frame.js';
import { fieldsCost, MAX_FIELDS, outputCost } from './output-budget.js';
import { cutToUtf8 } from './utf8.js';

type LogNote = Omit<Extract<GuestNote, { kind: 'log' }>, 'kind'>;
type TrackNote = Omit<Extract<GuestNote, { kind: 'track' }>, 'kind'>;

/** Passes on what a guest says, up to `maxOutputBytes`, with one marker where it cut. */
export interface OutputGate {
  /** From now on it goes to this host. What came before has waited, and goes first. */
  serve(host: SandboxHost): void;
  /** Throws `FrameError` for fields of more than 16 KiB, which no honest guest sends; so does `track`. */
  log(note: LogNote): void;
  progress(message: string, fraction: number | undefined): void;
  track(note: TrackNote): void;
  /** Raw output, which costs the guest nothing to make: it is dropped when over, and never ends the guest. */
  raw(source: 'stdout' | 'stderr', text: string): void;
  /** A line of the host's own about this guest. It costs the guest nothing, so the host must see to it that there are few. */
  warn(text: string): void;
  /** Bytes that were passed on. */
  bytes(): number;
}

/** Bytes over the limit that are forgiven before the guest counts as hostile: its own side stops at the limit. */
const FORGIVEN = 65_536;

/** Makes the gate. `onFlood` is called, with the bytes so far, when the guest's frames go on far beyond the limit. */
export function createOutputGate(maxOutputBytes: number, onFlood: (bytes: number) => void): OutputGate {
  let waiting: GuestNote[] = [];
  let tell = (note: GuestNote): void => void waiting.push(note);
  let bytes = 0;
  let frames = 0;
  let cut = false;

  const warn = (text: string): void => tell({ kind: 'log', level: 'warn', source: 'sandbox', text, fields: {} });
  const deliver = (note: GuestNote, cost: number): void => {
    if (cut) return;
    if (bytes + cost <= maxOutputBytes) {
      bytes += cost;
      tell(note);
      return;
    }
    cut = true;
    const left = maxOutputBytes - bytes;
    bytes = maxOutputBytes;
    if (note.kind === 'log' && left > 0) tell({ ...note, text: cutToUtf8(note.text, left), fields: {} });
    warn(`output was cut at ${maxOutputBytes} bytes (maxOutputBytes)`);
  };
  const pass = (note: GuestNote, cost: number): void => {
    deliver(note, cost);
    frames += cost;
    if (frames > maxOutputBytes * 2 + FORGIVEN) onFlood(frames);
  };

  return {
    serve(next) {
      tell = (note) => next.note(note);
      for (const note of waiting) tell(note);
      waiting = [];
    },
    log: (note) => pass({ kind: 'log', ...pickNote(note) }, costOf(note.text, note.fields)),
    progress: (message, fraction) => pass({ kind: 'progress', message, fraction }, outputCost(message, {})),
    track: ({ name, attributes }) => pass({ kind: 'track', name, attributes }, costOf(name, attributes)),
    raw(source, text) {
      const level = source === 'stdout' ? 'info' : 'error';
      deliver({ kind: 'log', level, source, text, fields: {} }, outputCost(text, {}));
    },
    warn,
    bytes: () => bytes,
  };
}

function costOf(text: string, fields: Readonly<Record<string, unknown>>): number {
  const more = fieldsCost(fields);
  if (more > MAX_FIELDS) throw new FrameError(`fields of ${more} bytes in one line`);
  return outputCost(text, {}) + more;
}

function pickNote({ level, source, text, fields }: LogNote): LogNote {
  return { level, source, text, fields };
}
