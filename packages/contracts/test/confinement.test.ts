import { describe, expect, it } from 'vitest';
import { CONFINEMENTS } from '../src/index.js';

describe('confinements', () => {
  it('are these eight', () => {
    expect(CONFINEMENTS).toEqual(['crash', 'time', 'cpu', 'memory', 'env', 'fs', 'net', 'process']);
  });
});
