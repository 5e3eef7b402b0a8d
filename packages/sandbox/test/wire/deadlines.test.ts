import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createDeadlines } from '../../src/wire/deadlines.js';
import type { Deadline } from '../../src/wire/deadlines.js';

function rings(times: readonly number[]): Promise<readonly number[]> {
  const deadlines = createDeadlines();
  const rung: number[] = [];
  return new Promise((resolve) => {
    for (const ms of times) {
      deadlines.arm(ms, () => {
        rung.push(ms);
        if (rung.length === times.length) resolve(rung);
      });
    }
  });
}

describe('deadlines over one timer', () => {
  it('ring in the order in which they are due', async () => {
    expect(await rings([40, 5, 20, 5, 1])).toEqual([1, 5, 5, 20, 40]);
  });

  it('ring no earlier than asked', async () => {
    const begun = performance.now();
    await rings([30]);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(29);
  });

  it('ring no earlier than asked in a turn that takes long', async () => {
    const deadlines = createDeadlines();
    deadlines.arm(600_000, () => expect.unreachable()).clear();
    for (const end = performance.now() + 40; performance.now() < end;) await Promise.resolve();
    const begun = performance.now();
    await new Promise<void>((resolve) => void deadlines.arm(30, resolve));
    expect(performance.now() - begun).toBeGreaterThanOrEqual(29);
  });

  it('ring where an earlier one comes after a later one, in another turn', async () => {
    const deadlines = createDeadlines();
    const late = deadlines.arm(600_000, () => expect.unreachable());
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => void deadlines.arm(5, resolve));
    late.clear();
  });

  it('do not ring once they are cleared, in the same turn or later, also by one that rings', async () => {
    const deadlines = createDeadlines();
    const unreachable = (): void => expect.unreachable();
    deadlines.arm(1, unreachable).clear();
    const second = deadlines.arm(1, unreachable);
    await new Promise((resolve) => setImmediate(resolve));
    second.clear();
    second.clear();
    await new Promise<void>((resolve) => void deadlines.arm(10, resolve));
  });

  it('do not ring once they are cleared by one that is due in the same moment', async () => {
    const deadlines = createDeadlines();
    const armed: Deadline[] = [];
    const rung: number[] = [];
    await new Promise<void>((resolve) => {
      const ring = (ms: number): void => {
        rung.push(ms);
        for (const deadline of armed) deadline.clear();
        deadlines.arm(10, resolve);
      };
      for (const ms of [1, 2, 3]) armed.push(deadlines.arm(ms, () => ring(ms)));
      // This turn lasts until all of them are due.
      for (const end = performance.now() + 10; performance.now() < end;);
    });
    expect(rung).toEqual([1]);
  });

  it('hold the process while one is armed, and no longer', () => {
    const script = (rest: string): string =>
      `import { createDeadlines } from ${JSON.stringify(new URL('../../dist/wire/index.js', import.meta.url).href)};
      const deadlines = createDeadlines();
      ${rest}`;
    const run = (rest: string): string =>
      spawnSync(process.execPath, ['--input-type=module', '-e', script(rest)], { encoding: 'utf8', timeout: 20_000 })
        .stdout;
    expect(run("deadlines.arm(20, () => console.log('rung'));")).toBe('rung\n');
    expect(
      run(
        "const d = deadlines.arm(600_000, () => {}); setTimeout(() => d.clear(), 5); process.on('exit', () => console.log('gone'));",
      ),
    ).toBe('gone\n');
  });
});
