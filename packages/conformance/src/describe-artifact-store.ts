import type { Clock } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { assertArtifactBench, HeldClock } from './artifact-duties/artifact-bench.js';
import type { ArtifactDuty, ArtifactStoreBench } from './artifact-duties/artifact-bench.js';
import { CONDITION_DUTIES } from './artifact-duties/condition-duties.js';
import { KEEPING_DUTIES } from './artifact-duties/keeping-duties.js';
import { REFUSAL_DUTIES } from './artifact-duties/refusal-duties.js';
import { isWatchable, WATCHING_DUTIES } from './artifact-duties/watching-duties.js';
import { checkedFactory, REFUSED_FACTORY } from './bench/checked-factory.js';

/** What a machine may need to keep the time limits of the kit. */
export interface DescribeArtifactStoreOptions {
  /** Multiplies every time limit: more than 1 on a slow machine, or for a store that is far away. */
  readonly timeScale?: number;
}

const DUTIES: Readonly<Record<string, readonly ArtifactDuty[]>> = {
  'what is written': KEEPING_DUTIES,
  conditions: CONDITION_DUTIES,
  'what is refused': REFUSAL_DUTIES,
  watching: WATCHING_DUTIES,
};

const TEST_TIMEOUT_MS = 30_000;

/**
 * Defines the tests of an artifact store. `create` opens an empty store for each of them, which takes its time from the clock that it is
 * handed. What the bench has no way to do, and watching where the store has no `watch`, is listed as skipped.
 */
export function describeArtifactStore(
  name: string,
  create: (clock: Clock) => ArtifactStoreBench | Promise<ArtifactStoreBench>,
  { timeScale = 1 }: DescribeArtifactStoreOptions = {},
): void {
  describe(`the artifact store ${name}`, { timeout: TEST_TIMEOUT_MS * timeScale }, () => {
    const factory = checkedFactory(create, assertArtifactBench);
    for (const [subject, duties] of Object.entries(DUTIES)) {
      describe(`duties: ${subject}`, () => {
        it.for(duties)('$title', async ({ needs, check }, { skip }) => {
          const clock = new HeldClock();
          skip(factory.isRefused(), REFUSED_FACTORY);
          const bench = await factory.create(clock);
          try {
            skip(needs === 'damage' && bench.damage === undefined, 'the bench cannot damage bytes');
            skip(needs === 'watch' && !isWatchable(bench.store), 'the store cannot be watched');
            expect(await check({ bench, store: bench.store, clock })).toBeUndefined();
          } finally {
            await bench.dispose?.();
          }
        });
      });
    }
  });
}
