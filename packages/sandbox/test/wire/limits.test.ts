import { MAX_MESSAGE_BYTES } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { DEFAULT_WIRE_LIMITS, wireLimitsFor } from '../../src/wire/limits.js';

describe('the limits of the wire', () => {
  it('carry as many bytes as an answer of the host may have', () => {
    expect(DEFAULT_WIRE_LIMITS.maxBinaryBytes).toBe(MAX_MESSAGE_BYTES);
    expect(wireLimitsFor(1)).toEqual(DEFAULT_WIRE_LIMITS);
  });

  it('grow with a result that is larger than that, and with room for what stands around it', () => {
    const most = 2 * MAX_MESSAGE_BYTES;
    expect(wireLimitsFor(most)).toEqual({
      ...DEFAULT_WIRE_LIMITS,
      maxJsonBytes: most + 65_536,
      maxBinaryBytes: most + 65_536,
    });
  });
});
