import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { descendants, parsePrivateBytes, privateBytes } from '../src/process-memory.js';

describe('memory of a process', () => {
  it('is what it has for itself, clean and dirty', () => {
    const rollup = [
      '00400000-7ffd [rollup]',
      'Rss:               40000 kB',
      'Shared_Clean:      30000 kB',
      'Private_Clean:       100 kB',
      'Private_Dirty:      9000 kB',
      'Private_Hugetlb:       0 kB',
      '',
    ].join('\n');
    expect(parsePrivateBytes(rollup)).toBe(9100 * 1024);
    expect(() => parsePrivateBytes('')).toThrow('no private memory is told');
  });

  it.runIf(existsSync('/proc/self/smaps_rollup'))(
    'can be read of a child, which is found (where there is /proc)',
    async () => {
      const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log(1)'], { stdio: 'pipe' });
      const exited = once(child, 'exit');
      await once(child.stdout, 'data');
      const found = descendants(process.pid).find(({ pid }) => pid === child.pid);
      expect(found?.command.slice(1, 2)).toEqual(['-e']);
      expect(privateBytes(child.pid ?? 0)).toBeGreaterThan(2 ** 20);
      child.stdin.end();
      await exited;
    },
  );
});
