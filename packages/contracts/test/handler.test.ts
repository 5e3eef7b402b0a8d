import { describe, expect, it } from 'vitest';
import { CONFINEMENTS, HOST_FUNCTIONS } from '../src/index.js';

describe('host functions', () => {
  it('are named by group and verb, and each is brought by a capability of that form', () => {
    const wrong = Object.entries(HOST_FUNCTIONS).filter(
      ([name, capability]) => !/^[a-z]+\.[a-zA-Z]+$/.test(name) || !/^[a-z]+\.[a-z]+$/.test(capability),
    );
    expect(wrong).toEqual([]);
  });

  it('let fs.read bring nothing that changes a file', () => {
    const reading = Object.keys(HOST_FUNCTIONS).filter((name) => HOST_FUNCTIONS[name] === 'fs.read');
    expect(reading).toEqual(['fs.readFile', 'fs.readDir', 'fs.stat', 'fs.glob']);
  });
});

describe('confinements', () => {
  it('are these eight', () => {
    expect(CONFINEMENTS).toEqual(['crash', 'time', 'cpu', 'memory', 'env', 'fs', 'net', 'process']);
  });
});
