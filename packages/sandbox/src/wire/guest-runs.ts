import type { ServedRun } from './served-run.js';

/** The runs of one guest that are not over, and which of them a piece of code belongs to. */
export interface GuestRuns {
  /** Keeps a run until it is over, and lets what it starts be known as its own. The number is the host's. */
  serve(id: number, run: ServedRun): Promise<void>;
  get(id: number): ServedRun | undefined;
  /** The run whose code is running now: with one run under way that one. `undefined` where it cannot be told. */
  current(): ServedRun | undefined;
  all(): readonly ServedRun[];
  readonly size: number;
}

/** Makes it, with none. A run that is alone costs nothing to tell; where several are under way, Node's contexts tell them apart. */
export function createGuestRuns(): GuestRuns {
  const open = new Map<number, ServedRun>();
  const openContexts = captureContexts();
  let contexts: RunContexts | undefined;
  /** It began while it was alone, so that nothing marks what it does. */
  let unmarked: ServedRun | undefined;

  const keep = async (id: number, run: ServedRun): Promise<void> => {
    await run.serve();
    open.delete(id);
    if (unmarked === run) unmarked = undefined;
    if (open.size > 0) return;
    contexts?.disable();
    contexts = undefined;
  };
  return {
    async serve(id, run) {
      const isAlone = open.size === 0;
      open.set(id, run);
      if (isAlone) unmarked = run;
      else contexts ??= openContexts?.();
      await (isAlone || contexts === undefined ? keep(id, run) : contexts.run(run, () => keep(id, run)));
    },
    get: (id) => open.get(id),
    current() {
      const marked = contexts?.getStore();
      if (marked !== undefined) return marked;
      if (unmarked !== undefined || open.size !== 1) return unmarked;
      return open.values().next().value;
    },
    all: () => [...open.values()],
    get size() {
      return open.size;
    },
  };
}

/** Node's `AsyncLocalStorage`, as far as it is used. */
interface RunContexts {
  run<Result>(run: ServedRun, work: () => Result): Result;
  getStore(): ServedRun | undefined;
  disable(): void;
}

/** Captured before a plugin's code can replace it, and loaded when it is needed. Outside of Node a guest has one run. */
function captureContexts(): (() => RunContexts) | undefined {
  if (typeof process === 'undefined') return undefined;
  const load = process.getBuiltinModule.bind(process);
  return () => new (load('node:async_hooks').AsyncLocalStorage)<ServedRun>();
}
