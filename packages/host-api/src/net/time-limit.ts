/** How long something may take, and the code that its end by time has. */
export interface TimeLimit {
  readonly ms: number;
  readonly code: string;
  /** When the time begins. Default: now. It never does where this never resolves. */
  readonly from?: Promise<void>;
}

/**
 * Rejects with the code where the work is not done in time. Times what comes of an exchange, where undici times what arrives: interim
 * answers and empty compressed blocks arrive for ever. The work goes on until the caller ends what it belongs to.
 */
export async function withinTime<Result>(work: Promise<Result>, { ms, code, from }: TimeLimit): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  let isDone = false;
  const start = (): void => {
    if (!isDone) timer = setTimeout(() => reject(Object.assign(new Error(`took too long: ${code}`), { code })), ms);
  };
  if (from === undefined) start();
  else void from.then(start);
  try {
    return await Promise.race([work, late]);
  } finally {
    isDone = true;
    clearTimeout(timer);
  }
}
