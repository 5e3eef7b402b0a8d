import { describe, expect, it } from 'vitest';
import { createCommandRunner } from '../../src/index.js';

describe('createCommandRunner', () => {
  it('fills in what is left out', () => {
    expect(createCommandRunner().settings).toEqual({
      wall: 'auto',
      env: {},
      timeoutMs: 30_000,
      graceMs: 500,
      maxOutputBytes: 1024 * 1024,
      maxConcurrency: 4,
      write: false,
      readable: [],
    });
  });

  it.each<[object, string]>([
    [{ timeout: 1 }, '/timeout'],
    [{ wall: 'on' }, '/wall'],
    [{ timeoutMs: 0 }, '/timeoutMs'],
    [{ maxOutputBytes: 2 ** 30 }, '/maxOutputBytes'],
    [{ maxConcurrency: 0 }, '/maxConcurrency'],
    [{ env: { 'A=B': 'c' } }, '/env/A=B'],
    [{ env: { A: 'b\0' } }, '/env/A'],
    [{ readable: ['relative'] }, '/readable/0'],
  ])('refuses %j', (settings, pointer) => {
    expect(() => createCommandRunner(settings)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer } }),
    );
  });
});
