import { CONFINEMENTS } from '@kb-labs/contracts';
import type { SandboxAdapter } from '@kb-labs/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertMade } from './bench/assert-made.js';
import { createPluginFolder } from './bench/plugin-folder.js';
import type { PluginFolder } from './bench/plugin-folder.js';
import { attackClaims } from './claims/attack-claims.js';
import { recordClaim } from './claims/record-claim.js';
import { ARTIFACT_ACCESS_DUTIES } from './duties/artifact-access-duties.js';
import type { Duty } from './duties/duty.js';
import { ERROR_DUTIES } from './duties/error-duties.js';
import { EVENT_ACCESS_DUTIES } from './duties/event-access-duties.js';
import { HANDLER_DUTIES } from './duties/handler-duties.js';
import { HOST_DUTIES } from './duties/host-duties.js';
import { ISOLATION_DUTIES } from './duties/isolation-duties.js';
import { LIFECYCLE_DUTIES } from './duties/lifecycle-duties.js';
import { MEMBER_DUTIES } from './duties/member-duties.js';
import { VALUE_DUTIES } from './duties/value-duties.js';

/** What a machine may need to keep the time limits of the kit. */
export interface DescribeSandboxAdapterOptions {
  /** Multiplies every time limit: more than 1 on a slow machine. */
  readonly timeScale?: number;
}

const DUTIES: Readonly<Record<string, readonly Duty[]>> = {
  values: VALUE_DUTIES,
  handlers: HANDLER_DUTIES,
  errors: ERROR_DUTIES,
  'the host': HOST_DUTIES,
  artifacts: ARTIFACT_ACCESS_DUTIES,
  events: EVENT_ACCESS_DUTIES,
  'other members': MEMBER_DUTIES,
  'beginnings and endings': LIFECYCLE_DUTIES,
  'guests that stay': ISOLATION_DUTIES,
};

/** One test may try a dozen guests, each with limits of its own; a minute is for those that never end. */
const TEST_TIMEOUT_MS = 60_000;

/**
 * Defines the tests of an adapter: its duties, and attacks on whatever it claims to keep. What it does not claim is listed as skipped. The
 * attacks are real, see `attackClaims`. A `create` that throws fails the file.
 */
export function describeSandboxAdapter(
  name: string,
  create: () => SandboxAdapter | Promise<SandboxAdapter>,
  { timeScale = 1 }: DescribeSandboxAdapterOptions = {},
): void {
  describe(`the sandbox adapter ${name}`, { timeout: TEST_TIMEOUT_MS * timeScale }, async () => {
    const adapter = await create();
    const methods = ['confines', 'acquire', Symbol.asyncDispose];
    assertMade(adapter, { usage: 'create: () => adapter', thing: 'a sandbox adapter', methods });
    const claims = await adapter.confines();
    let folder: PluginFolder | undefined;
    beforeAll(async () => {
      folder = await createPluginFolder();
    });
    afterAll(async () => {
      await adapter[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
    });

    for (const [subject, duties] of Object.entries(DUTIES)) {
      describe(`duties: ${subject}`, () => {
        it.each(duties)('$title', async ({ check }) => {
          expect(await check({ adapter, root: folder?.root ?? '', timeScale })).toBeUndefined();
        });
      });
    }

    describe('claims', () => {
      for (const line of CONFINEMENTS) {
        const claimed = claims[line];
        const title = claimed === 'none' ? `does not claim to keep ${line}` : `keeps ${line} as firmly as a ${claimed}`;
        it(`${title}`, async ({ task, skip }) => {
          const { [line]: found } = await attackClaims(adapter, { only: [line], timeScale });
          if (found !== undefined) recordClaim(task.meta, { adapter: name, confinement: line, evidence: found });
          skip(claimed === 'none', 'nothing is claimed, so nothing is attacked');
          expect(found?.attacks.filter(({ held }) => !held)).toEqual([]);
          expect(found).toMatchObject({ claimed, held: true });
        });
      }
    });
  });
}
