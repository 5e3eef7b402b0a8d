/** Numbers that a host and the thread of its guest share. The thread writes what it measures, the host what it has taken; the guest sees none of it. */
export interface Ledger {
  readonly memory: SharedArrayBuffer;
  /** Nanoseconds of CPU time that the guest has used, up to the last look. */
  readonly cpuNs: LedgerField;
  /** When that last look was, by a clock that both sides have; 0 while the guest does not run. */
  readonly lookedAt: LedgerField;
  /** Bytes of the guest's memory. */
  readonly memoryBytes: LedgerField;
  /** Bytes that the guest was given. */
  readonly delivered: LedgerField;
  /** What the host has taken of the guest's frames, by their cost. */
  readonly taken: LedgerField;
  /** Not 0 once the guest is to stop. */
  readonly stop: LedgerField;
}

/** One number. Whole, and never negative. */
interface LedgerField {
  read(): number;
  write(value: number): void;
  add(amount: number): void;
  /** Blocks this thread until the number is another one. */
  waitWhile(value: number): void;
}

const FIELDS = 6;

/** Opens a ledger: the host's side makes the memory, the other is given it. */
export function openLedger(memory: SharedArrayBuffer = new SharedArrayBuffer(FIELDS * 8)): Ledger {
  const numbers = new BigInt64Array(memory);
  const field = (index: number): LedgerField => ({
    read: () => Number(Atomics.load(numbers, index)),
    write: (value) => void Atomics.store(numbers, index, BigInt(Math.round(value))),
    add(amount) {
      Atomics.add(numbers, index, BigInt(amount));
      Atomics.notify(numbers, index);
    },
    waitWhile: (value) => void Atomics.wait(numbers, index, BigInt(value)),
  });
  return {
    memory,
    cpuNs: field(0),
    lookedAt: field(1),
    memoryBytes: field(2),
    delivered: field(3),
    taken: field(4),
    stop: field(5),
  };
}

/** What a frame counts for between the two threads: its bytes, and what a message takes of itself. */
export function costOf(frame: Uint8Array): number {
  return frame.byteLength + MESSAGE_BYTES;
}

const MESSAGE_BYTES = 512;

/** Nanoseconds of a clock that never goes back and is the same for all threads. */
export function clockNs(): number {
  return Number(process.hrtime.bigint());
}
