import { createError } from '@kb-labs/contracts';
import type { GuestError, SandboxOutcome } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { mapOutcome } from '../../src/bundle/map-stack.js';

const mapOf = (source: string): string =>
  JSON.stringify({ version: 3, sources: [source], names: [], mappings: 'AAAA' });

function failedWith(error: Partial<GuestError>): SandboxOutcome {
  const none = { code: undefined, hint: undefined, stack: undefined, cause: undefined, errors: [], truncated: false };
  return {
    ok: false,
    error: createError('ERR_HANDLER_FAILED', 'failed'),
    guestError: { name: 'Error', message: 'failed', ...none, ...error },
    phase: 'handler',
    usage: { cpuMs: 1, peakMemoryBytes: 1, outputBytes: 0, resultBytes: 0, leaked: [] },
  };
}

const errorOf = (outcome: SandboxOutcome): GuestError | undefined => (outcome.ok ? undefined : outcome.guestError);

describe('mapOutcome', () => {
  it('names the files of the plugin', () => {
    const outcome = mapOutcome(failedWith({ stack: 'at a (./[bundle]:1:5)\nat b' }), { map: mapOf('deep/a.ts') });
    expect(errorOf(outcome)).toMatchObject({ stack: 'at a (./deep/a.ts:1:1)\nat b', truncated: false });
  });

  it('gives no stack back that is longer than a guest may send', () => {
    const stack = '(./[bundle]:1:1)\n'.repeat(900);
    const part = errorOf(failedWith({ stack }));
    const mapped = errorOf(
      mapOutcome(failedWith({ stack, errors: part === undefined ? [] : [part] }), { map: mapOf('E'.repeat(4_000)) }),
    );
    expect(mapped?.stack?.length).toBe(16_384);
    expect(mapped?.errors[0]).toMatchObject({ stack: mapped?.stack, truncated: true });
  });

  it('leaves places whose names are too long to be files', () => {
    const stack = 'at a (./[bundle]:1:1)';
    expect(errorOf(mapOutcome(failedWith({ stack }), { map: mapOf('E'.repeat(400_000)) }))?.stack).toBe(stack);
  });

  it.each(['{', '[]', '{"version":3,"sources":[],"mappings":1}'])('never throws, with %s as its map', (map) => {
    const failed = failedWith({ stack: 'at a (./[bundle]:1:1)' });
    expect(mapOutcome(failed, { map })).toEqual(failed);
  });
});
