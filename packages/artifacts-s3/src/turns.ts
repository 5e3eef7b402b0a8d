/** Does work on a key when its turn has come. */
export type Turns = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** No turns: the server keeps apart what happens at the same time. */
export const allAtOnce: Turns = (_, work) => work();

/**
 * One work after the other on each key. Also for reading: s3rver 3.7 breaks off the reply where an object is replaced while it is read,
 * and S3 itself never does.
 */
export function oneAfterTheOther(): Turns {
  const queues = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const turn = (queues.get(key) ?? Promise.resolve()).then(work);
    // The next one waits for the end of this one, and not for its success.
    const end = turn.catch(() => undefined);
    queues.set(key, end);
    try {
      return await turn;
    } finally {
      if (queues.get(key) === end) queues.delete(key);
    }
  };
}
