/** Messages of one guest that a host works on in one turn of its event loop: some milliseconds at the most. */
const PER_TURN = 200;

export interface PacedReaderOptions<Message> {
  /** May throw behind any number of messages: those are handled, and then it is told. */
  readonly decode: (bytes: Uint8Array) => Iterable<Message>;
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
}

/** Makes the reader. Messages keep their order; the end comes behind them. */
export function createPacedReader<Message>(options: PacedReaderOptions<Message>): PacedReader {
  let waiting: Message[] = [];
  let draining: Promise<void> | undefined;
  let spent = 0;
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
    if (spent === 0) setImmediate(() => (spent = 0));
    const now = waiting.splice(0, PER_TURN - spent);
    spent += now.length;
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
      const decode = (): void => {
        for (const message of options.decode(bytes)) waiting.push(message);
      };
      if (broken === undefined && !failed) attempt(decode, (error) => (broken = { error }));
      if (draining === undefined) workSome();
      if (waiting.length > 0) draining ??= drain();
      return draining;
    },
    end() {
      ended = true;
      if (draining === undefined) options.onEnd();
    },
  };
}

function attempt(work: () => void, onError: (error: unknown) => void): void {
  try {
    work();
  } catch (error) {
    onError(error);
  }
}
