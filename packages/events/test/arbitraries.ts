import * as fc from 'fast-check';

const name = fc.constantFrom('a', 'b', 'c');

/** Topics of few names, so that they often match. */
export const topic: fc.Arbitrary<string[]> = fc.array(name, { minLength: 1, maxLength: 8 });

/** Patterns of the same names. */
export const pattern: fc.Arbitrary<string> = fc
  .array(fc.oneof(name, fc.constant('*'), fc.constant('**')), { minLength: 1, maxLength: 6 })
  .filter((segments) => segments.filter((segment) => segment === '**').length <= 2)
  .map((segments) => segments.join('.'));
