import { isPluginError } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { CapabilityMissingError } from '../src/index.js';

describe('CapabilityMissingError', () => {
  it('names what is missing and what to do', () => {
    const error = new CapabilityMissingError(['net.fetch', 'fs.read@^2']);
    expect(isPluginError(error)).toBe(true);
    expect({ ...error, message: error.message, http: error.http, retryable: error.retryable }).toEqual({
      name: 'CapabilityMissingError',
      code: 'ERR_CAPABILITY_MISSING',
      message: 'the plugin requires what is not granted: "net.fetch", "fs.read@^2"',
      details: { missing: ['net.fetch', 'fs.read@^2'], count: 2 },
      hint: expect.stringContaining('grant "net.fetch", "fs.read@^2" in the context'),
      http: 403,
      retryable: false,
    });
  });

  it('names ten at most', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `acme.c${index}`);
    const error = new CapabilityMissingError(names);
    expect(error.details).toEqual({ missing: names.slice(0, 10), count: 1000 });
    expect(error.message).toMatch(/and 990 more$/);
  });
});
