import { describe, expect, it } from 'vitest';
import { selectArtifact } from '../src/select-artifact.js';

const output: unknown = JSON.parse(
  '{"a":{"b":[10,{"c":null}]},"":1,"x/y":2,"m~n":3,"~1":4,"__proto__":{"own":5},"01":6}',
);

describe('selecting a part of the output', () => {
  it.each([
    ['', output],
    ['/a/b/0', 10],
    ['/a/b/1/c', null],
    ['/', 1],
    ['/x~1y', 2],
    ['/m~0n', 3],
    ['/~01', 4],
    ['/__proto__/own', 5],
    ['/01', 6],
    ['/nothing', undefined],
    ['/a/b/2', undefined],
    ['/a/b/-', undefined],
    ['/a/b/00', undefined],
    ['/a/b/length', undefined],
    ['/a/constructor', undefined],
    ['/a/__proto__', undefined],
    ['/a/toString', undefined],
    ['/a/b/0/c', undefined],
    ['/a/b/1/c/d', undefined],
  ])('%j', (pointer, part) => {
    expect(selectArtifact(output, pointer)).toEqual(part);
  });

  it('looks into no bytes, strings or functions', () => {
    expect(selectArtifact({ a: Buffer.from('x'), b: 'x', c: () => 1 }, '/a/0')).toBeUndefined();
    expect(selectArtifact({ b: 'x' }, '/b/0')).toBeUndefined();
    expect(selectArtifact({ c: () => 1 }, '/c/name')).toBeUndefined();
  });

  it('runs no getter', () => {
    const trap = {
      get a(): never {
        throw new Error('ran');
      },
    };
    expect(selectArtifact(trap, '/a')).toBeUndefined();
  });

  it.each(['a', 'a/b', '#/a', '/a~', '/a~2'])('refuses the pointer %j', (pointer) => {
    expect(() => selectArtifact(output, pointer)).toThrow(expect.objectContaining({ code: 'ERR_MANIFEST_INVALID' }));
  });
});
