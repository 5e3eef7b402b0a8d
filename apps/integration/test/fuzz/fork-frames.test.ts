import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openArena } from '../attacks/arena.js';
import { places } from '../scene.js';
import { budget } from './budget.js';
import { conversations, damage, damages, disorder, disorders, frameOf, isSame, resultIn } from './guest-stream.js';

const FAILURES = /^ERR_(?:PROTOCOL|SANDBOX_CRASHED|OUTPUT_EXCEEDED|HANDLER_FAILED|TIMEOUT)$/;

describe.each(places.filter(({ name }) => name.startsWith('fork')))('$name', (place) => {
  describe.skipIf(!place.works)(`a guest that writes damaged frames beside its own${place.notRun}`, () => {
    const arena = openArena(place, 'e');
    const grant = { permissions: { quotas: { timeoutMs: 400 } } };

    it('Q02 ends with what a whole frame says, or fails, and leaves the host as it was', async () => {
      await fc.assert(
        fc.asyncProperty(
          conversations,
          fc.oneof(
            disorders.map((changes) => ({ changes })),
            damages.map((wounds) => ({ wounds })),
          ),
          fc.integer({ min: 1, max: 4_000 }),
          async ({ frames }, how, piece) => {
            const stream =
              'changes' in how
                ? Buffer.concat(disorder(frames, how.changes))
                : damage(Buffer.concat(frames), how.wounds);
            const { result } = await arena.run('./channel.js#writes', { bytes: stream, piece }, grant);
            const own = frameOf({ t: 'result', run: 1, ok: true, value: 'its own' });
            const said = resultIn(Buffer.concat([stream, own]));
            const told = result.ok ? isSame(result.data, said?.value) : FAILURES.test(result.error.code);
            expect({ told, code: result.ok ? 'ok' : result.error.code }).toMatchObject({ told: true });
          },
        ),
        budget(8),
      );
      expect((await arena.run('./channel.js#pid')).result).toMatchObject({ ok: true });
    });
  });
});
