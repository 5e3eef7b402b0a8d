import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { isAlive, makePlugin, wall } from './fork-scene.js';

const built = pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href;

// A host that dies so many tenths of a millisecond after it has started a command: while bubblewrap is at work, in most of them.
const HOST = `
import { subscribe } from 'node:diagnostics_channel';
import { openSync, realpathSync } from 'node:fs';
import { createCommandWall } from ${JSON.stringify(built)};
const [root, tenths, word] = process.argv.slice(2);
const wall = createCommandWall({ wall: 'required' });
const command = realpathSync('/bin/sh');
const start = (script) => wall.start({ command, fd: openSync(command, 'r'), args: ['-c', script], env: {}, cwd: '/', views: [], readable: [], script: false });
const first = await start('exit 0');
first.stdin.end();
await first.ended;
subscribe('child_process', () => {
  const end = performance.now() + Number(tenths) / 10;
  setImmediate(() => {
    while (performance.now() < end);
    process.kill(process.pid, 'SIGKILL');
  });
});
await start(': ' + word + '; while :; do sleep 1; done');
await new Promise((resolve) => setTimeout(resolve, 10_000));
`;

/** What runs with this word in its command line. */
function processesWith(word: string): readonly string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isAlive(Number(name)));
  return pids.flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
      return line.includes(word) ? [line.slice(0, 40)] : [];
    } catch {
      // It ended between the list and the look.
      return [];
    }
  });
}

describe.runIf(wall !== undefined)('a command whose host is killed while it starts', () => {
  it('never runs, nor leaves anything of its fence, at any of 16 moments', { timeout: 120_000 }, async () => {
    using folder = makePlugin({ 'host.mjs': HOST });
    for (let moment = 0; moment < 16; moment += 1) {
      const word = `kb-killed-${process.pid}-${moment}`;
      const args = [join(folder.root, 'host.mjs'), folder.root, String(moment * 2), word];
      const host = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
      expect(await once(host, 'exit')).toEqual([null, 'SIGKILL']);
      const gone = vi.waitUntil(() => processesWith(word).length === 0, { timeout: 5_000, interval: 5 });
      await gone.catch(() => undefined); // What is left is compared below.
      expect({ moment, left: processesWith(word) }).toEqual({ moment, left: [] });
    }
  });
});
