// A set-up file: after the last test of each file, all that holds a process open must be gone.
import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect } from 'vitest';

/** How long what was closed may take to be gone, in milliseconds. */
const SETTLE_MS = 2000;

/** libuv keeps one for all watchers of a loop, from the first watcher on. */
const INOTIFY = 'descriptor of anon_inode:inotify';

/** Guests that attack in the very process of the test leave what they like there: no sandbox of ours is around them. */
const LEFT_BY_GUESTS: readonly { readonly file: string; readonly what: RegExp }[] = [
  { file: 'sandbox/test/in-process-sandbox.conformance.test.ts', what: /^Timeout$/u },
  { file: 'conformance/test/claims/attack-claims.test.ts', what: /^FileHandleReadWrap$|kb-conformance-/u },
];

// They become handles at their first use, whoever uses them.
void [process.stdin, process.stdout, process.stderr];
const before = holding();

afterAll(async () => {
  const file = expect.getState().testPath ?? '';
  const allowed = LEFT_BY_GUESTS.filter((entry) => file.endsWith(entry.file)).map(({ what }) => what);
  const end = performance.now() + SETTLE_MS;
  for (;;) {
    const left = more(before, holding()).filter(({ name }) => !allowed.some((what) => what.test(name)));
    if (left.length === 0) return;
    if (performance.now() > end) throw new Error(`the tests of this file left ${describe(left)}`);
    await delay(20);
  }
});

/** What the process has open: resources by kind, descriptors by what they lead to. */
function holding(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of [...process.getActiveResourcesInfo(), ...descriptors()]) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function descriptors(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`);
      return [`descriptor of ${target.replace(/:\[\d+\]$/u, '')}`];
    } catch {
      // The one by which this very folder was read.
      return [];
    }
  });
}

function more(
  then: ReadonlyMap<string, number>,
  now: ReadonlyMap<string, number>,
): { readonly name: string; readonly count: number }[] {
  return [...now].flatMap(([name, count]) => {
    const grown = count - (then.get(name) ?? 0) - (name === INOTIFY ? 1 : 0);
    return grown > 0 ? [{ name, count: grown }] : [];
  });
}

function describe(left: ReturnType<typeof more>): string {
  return left.map(({ name, count }) => `${count} × ${name}`).join(', ');
}
