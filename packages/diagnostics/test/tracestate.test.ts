import { describe, expect, it } from 'vitest';
import { parseTracestate } from '../src/index.js';

describe('a tracestate', () => {
  it.each([
    ['rojo=00f067aa0ba902b7', 'rojo=00f067aa0ba902b7'],
    ['rojo=1,congo=t61rcWkgMzE', 'rojo=1,congo=t61rcWkgMzE'],
    [' rojo=1 ,\t,congo=2', 'rojo=1,congo=2'],
    ['tenant@system=a b', 'tenant@system=a b'],
  ])('%j is passed on as %j', (text, passed) => {
    expect(parseTracestate(text)).toBe(passed);
  });

  it.each([
    [''],
    [','],
    ['Rojo=1'],
    ['rojo'],
    ['rojo='],
    ['rojo=a=b'],
    ['rojo=1,rojo=2'],
    ['rojo=\u0007'],
    ['rojo=ä'],
    ['rojo=1\r\nx: y'],
    [Array.from({ length: 33 }, (_, index) => `k${index}=1`).join(',')],
    [`rojo=${'x'.repeat(600)}`],
    [undefined],
  ])('%j is left out', (text) => {
    expect(parseTracestate(text)).toBe(undefined);
  });
});
