import { describeSandboxAdapter } from '@kb-labs/conformance';
import { forkSandbox } from '@kb-labs/sandbox';
import { expect, it } from 'vitest';
import { probeWall } from '../src/fork/wall.js';

// With a spawner or without one, the claims are the same. To save time each is tried with one of them, and on older versions of Node with the other.
const isNewest = process.versions.node.startsWith('26.');
const [plain, walled] = isNewest ? (['always', 'never'] as const) : (['never', 'always'] as const);

describeSandboxAdapter('fork, without a wall', () => forkSandbox({ wall: 'off', spawner: plain }));

// Where the wall must be tested, its absence is a failure and no reason to skip.
const isRequired = process.env['KB_REQUIRE_WALL'] === '1';
const probe = await probeWall();
const reason = probe.works ? '' : `, which it cannot here: ${probe.reason}`;

it.runIf(probe.works || isRequired)(`fork runs inside the wall${reason}`, () => {
  expect(probe).toMatchObject({ works: true });
});
if (probe.works)
  describeSandboxAdapter('fork, inside the wall', () => forkSandbox({ wall: 'required', spawner: walled }));
