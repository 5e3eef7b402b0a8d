const listActive = process.getActiveResourcesInfo.bind(process);

/** What was opened after a run began and is open still. */
export interface OpenResources {
  begin(): void;
  leftOpen(): readonly string[];
}

/** Begins with what the guest's own side needs, which does not count. */
export function watchResources(): OpenResources {
  const before = new Map<string, number>();
  return {
    begin() {
      for (const name of listActive()) before.set(name, (before.get(name) ?? 0) + 1);
    },
    leftOpen() {
      const seen = new Map<string, number>();
      const left: string[] = [];
      for (const name of listActive()) {
        const count = (seen.get(name) ?? 0) + 1;
        seen.set(name, count);
        if (count > (before.get(name) ?? 0) && !OWN_RESOURCES.has(name)) left.push(name);
      }
      return left;
    },
  };
}

// The port of the channel, and what is under way on it.
const OWN_RESOURCES: ReadonlySet<string> = new Set(['MessagePort', 'FSReqPromise', 'Immediate']);
