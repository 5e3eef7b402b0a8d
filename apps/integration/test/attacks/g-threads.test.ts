import { describe, expect, it } from 'vitest';
import { places } from '../scene.js';
import { dataOf, failureOf, openArena } from './arena.js';

// A thread shares its host's process: no wall is claimed. What an honest mistake would reach is refused all the same.
describe.each(places.filter(({ name }) => name === 'worker'))('$name', (place) => {
  const arena = openArena(place, 'g-thread');

  it('G13 cannot speak past its side of the wire by the ports that Node hands out', async () => {
    const names = ['the port to its parent', 'the port by require', 'a message to all threads'];
    const bout = await arena.run('reaches', names);
    // The run goes on: nothing of it has come to the host as a message.
    expect(Object.values(dataOf(bout) as object)).not.toContain('done');
    expect(dataOf(await arena.run('fine'))).toBe('fine');
  });

  it('G13 gives no memory away that it shares', async () => {
    expect(failureOf(await arena.run('shares'), 'ERR_OUTPUT_INVALID').message).toContain('SharedArrayBuffer');
  });

  it('G14 is refused the descriptors and the signals of its host, and claims no wall for any of it', async () => {
    const { pid, title } = process;
    const folder = process.cwd();
    let signals = 0;
    const count = (): void => void (signals += 1);
    process.on('SIGWINCH', count);
    const names = [
      'the descriptors of its host',
      'a signal to its host',
      'the working directory of its host',
      'the title of its host',
    ];
    const bout = await arena.run('reaches', names);
    const told = dataOf(bout) as Record<string, string>;
    expect(Object.entries(told).filter(([name, what]) => what === 'done' && !name.includes('title'))).toEqual([]);
    expect([process.pid, process.cwd(), process.title]).toEqual([pid, folder, title]);
    expect(Object.values(bout.result.confinement?.firmness ?? {})).not.toContain('wall');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('SIGWINCH', count);
    expect(signals).toBe(0);
  });

  it('G14 ends alone where it ends the process', async () => {
    for (const name of ['the exit of its host', 'an abort of its host']) {
      const { result } = await arena.run('reaches', [name]);
      expect(['ok', 'ERR_SANDBOX_CRASHED']).toContain(result.ok ? 'ok' : result.error.code);
    }
    expect(dataOf(await arena.run('fine'))).toBe('fine');
  });
});
