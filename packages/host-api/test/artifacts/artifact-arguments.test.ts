import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcome } from '../open-host.js';
import { openArtifactHost, putThere } from './open-artifact-host.js';

const NAMES = [
  'artifacts.read',
  'artifacts.openRead',
  'artifacts.readChunk',
  'artifacts.closeRead',
  'artifacts.stat',
  'artifacts.list',
  'artifacts.write',
  'artifacts.openWrite',
  'artifacts.writeChunk',
  'artifacts.closeWrite',
  'artifacts.delete',
  'artifacts.copy',
];

describe('the arguments of artifacts', () => {
  it('bring down nothing, whatever they are, and leave no use behind that is below nothing', async () => {
    const { call, meter, store } = openArtifactHost({ quotas: { maxHostCalls: 1_000_000 } });
    await putThere(store, 'out/a', 'x');
    const known = fc.constantFrom<unknown[]>(
      'out/a',
      'out/b',
      'fixed/a',
      1,
      2,
      true,
      false,
      new Uint8Array(3),
      undefined,
    );
    const args = fc.array(fc.oneof({ weight: 3, arbitrary: known }, fc.anything()), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...NAMES), args), { maxLength: 8 }), async (calls) => {
        const outcomes = await Promise.all(calls.map(([name, given]) => outcome(call(name, ...given))));
        for (const each of outcomes) {
          expect(each).toMatch(/^(resolved|ERR_(INVALID_ARGUMENT|PERMISSION_DENIED|ARTIFACT_[A-Z_]+|QUOTA_EXCEEDED))/);
          expect(each).not.toContain('location');
        }
        expect(meter.used('maxArtifacts')).toBeGreaterThanOrEqual(0);
        expect(meter.used('maxArtifactBytes')).toBeGreaterThanOrEqual(0);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it.each([
    ['out/../secret/a'],
    ['artifact://self/../@acme/other/secret/a'],
    ['artifact://@acme/other/shared/../secret/a'],
    ['artifact://@acme/other/shared%2f..%2fsecret%2fa'],
    ['ARTIFACT://@acme/other/secret/a'],
    ['artifact:///secret/a'],
    ['artifact://@acme/other'],
    [' out/a'],
    [`out/${'a'.repeat(5_000)}`],
  ])('name nothing outside of the rules: %.60s', async (uri) => {
    const { call, store } = openArtifactHost();
    await putThere(store, 'secret/a', 'x');
    await putThere(store, 'secret/a', 'x', '@acme/other');
    for (const name of ['artifacts.read', 'artifacts.stat', 'artifacts.openRead']) {
      expect(await outcome(call(name, uri))).toMatch(/^ERR_(ARTIFACT_PATH_INVALID|PERMISSION_DENIED|INVALID_ARGUMENT)/);
    }
  });
});
