import { describe, expect, it } from 'vitest';
import { nearName } from '../src/near-name.js';

const names = ['fs.read', 'fs.write', 'runId'];

describe('the near name', () => {
  it.each([
    ['fs.raed', 'fs.read'],
    ['fs.reads', 'fs.read'],
    ['FS.Write', 'fs.write'],
    ['runid', 'runId'],
    ['run_id', 'runId'],
    ['net.fetch', undefined],
    ['', undefined],
    ['f'.repeat(65), undefined],
  ])('of %s is %s', (written, near) => {
    expect(nearName(written, names)).toBe(near);
  });

  it('of none is none', () => {
    expect(nearName('fs.read', [])).toBeUndefined();
  });
});
