/** Messages of one guest that a host works on in one turn of its event loop: some milliseconds at the most. */
const PER_TURN = 200;
/** From so many on, turns are told apart. Fewer are no burden, in however many turns they came. */
const NOTICED = 100;

export interface PacedReaderOptions<Message> {
  /** May throw behind any number of messages: those are handled, and then it is told. */
  readonly decode: (bytes: Uint8Array, take: (message: Message) => void) => void;
  readonly handle: (message: Message) => void;
  /** Called once, after the last message. */
  readonly onEnd: () => void;
  /** Whatever `decode` and `handle` throw. Nothing is read after it. */
  readonly onError: (error: unknown) => void;
}

/** Reads as fast as a host can bear, however much a guest sends at once. */
export interface PacedReader {
  /** Resolves when there is room for more; a transport that can should not hand over anything before. */
  read(bytes: Uint8Array): Promise<void> | undefined;
  /** No more bytes will come. */
  end(): void;
  /** Resolves once all that was read has been handled. */
  idle(): Promise<void> | undefined;
}

/** Makes the reader. Messages keep their order; the end comes behind them. */
export function createPacedReader<Message>(options: PacedReaderOptions<Message>): PacedReader {
  let waiting: Message[] = [];
  let draining: Promise<void> | undefined;
  const turn = createTurnCount();
  let failed = false;
  let ended = false;
  /** What stands behind the last message that waits. */
  let broken: { readonly error: unknown } | undefined;

  const fail = (error: unknown): void => {
    failed = true;
    waiting = [];
    options.onError(error);
  };
  const workSome = (): void => {
    const count = turn.spend(waiting.length);
    const now = waiting.slice(0, count);
    waiting = waiting.slice(count);
    for (const message of now) if (!failed) attempt(() => options.handle(message), fail);
    if (broken !== undefined && waiting.length === 0 && !failed) fail(broken.error);
  };
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      workSome();
    }
    draining = undefined;
    if (ended) options.onEnd();
  };

  return {
    read(bytes) {
      const decode = (): void => options.decode(bytes, (message) => waiting.push(message));
      if (broken === undefined && !failed) attempt(decode, (error) => (broken = { error }));
      if (draining === undefined) workSome();
      if (waiting.length > 0) draining ??= drain();
      return draining;
    },
    end() {
      ended = true;
      if (draining === undefined) options.onEnd();
    },
    idle: () => draining,
  };
}

function attempt(work: () => void, onError: (error: unknown) => void): void {
  try {
    work();
  } catch (error) {
    onError(error);
  }
}

interface TurnCount {
  /** How many of so many may be handled now. */
  spend(wanted: number): number;
}

function createTurnCount(): TurnCount {
  let spent = 0;
  let isNoticed = false;
  const endTurn = (): void => {
    isNoticed = false;
    spent = 0;
  };
  return {
    spend(wanted) {
      const granted = Math.min(wanted, PER_TURN - spent);
      spent += granted;
      if (spent >= NOTICED && !isNoticed) {
        isNoticed = true;
        setImmediate(endTurn);
      }
      return granted;
    },
  };
}
