import { describe, expect, expectTypeOf, it } from 'vitest';
import { HOST_FUNCTIONS } from '../src/index.js';
import type { HostFunctionName } from '../src/index.js';

describe('host functions', () => {
  it('are named by group and verb, and each is brought by a capability of that form', () => {
    const wrong = Object.entries(HOST_FUNCTIONS).filter(
      ([name, capability]) => !/^[a-z]+\.[a-zA-Z]+$/.test(name) || !/^[a-z]+\.[a-z]+$/.test(capability),
    );
    expect(wrong).toEqual([]);
  });

  it('let fs.read bring nothing that changes a file', () => {
    const reading = Object.entries(HOST_FUNCTIONS).filter(([, capability]) => capability === 'fs.read');
    expect(reading.map(([name]) => name)).toEqual(['fs.readFile', 'fs.readDir', 'fs.stat', 'fs.glob']);
  });
});

describe('the names of host functions', () => {
  it('are known to the compiler', () => {
    expectTypeOf<keyof typeof HOST_FUNCTIONS>().toEqualTypeOf<HostFunctionName>();
    expectTypeOf<'fs.raedFile'>().not.toExtend<HostFunctionName>();
  });
});
