import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { listChildren } from '../../src/fork/list-children.js';
import { buildWalledCommand, SECCOMP_FD } from '../../src/fork/wall.js';
import type { Wall } from '../../src/fork/wall.js';
import { isAlive, makePlugin, untilGone, wall } from './fork-scene.js';
import { FILES, NETWORK, REPLACED, TRY } from './wall-attacks.js';

// Node's own permission model is off in all of these: what holds here is held by the kernel alone.
describe.skipIf(wall === undefined)('the wall alone, around a Node without --permission', () => {
  it('lets nothing out: no sockets, no processes, no signals', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const attempts = await attack(NETWORK, { port, hostPid: process.pid });
    server.close();
    expect(attempts).toEqual({
      'tcp to the host': expect.stringMatching(/^EPERM|^EACCES/),
      'tcp listen': expect.stringMatching(/^EPERM|^EACCES/),
      udp: expect.stringMatching(/^EPERM|^EACCES/),
      dns: expect.stringMatching(/^(EAI_AGAIN|ECONNREFUSED|EPERM)/),
      'dns by c-ares': expect.stringMatching(/^(ECONNREFUSED|ECONNRESET|EPERM|ETIMEOUT|ENOTFOUND)/),
      fetch: expect.stringMatching(/^EPERM|^EACCES/),
      'unix socket': expect.stringMatching(/^EPERM|^EACCES/),
      'abstract unix socket': expect.stringMatching(/^EPERM|^EACCES/),
      'unix listen': expect.stringMatching(/^EPERM|^EACCES/),
      spawn: expect.stringMatching(/^EPERM/),
      spawnSync: expect.stringMatching(/^EPERM/),
      fork: expect.stringMatching(/^EPERM/),
      'a shell': expect.stringMatching(/^EPERM/),
      'signal to the host': 'ESRCH',
      'signal to all': expect.stringMatching(/^ESRCH/),
      inspector: expect.stringMatching(/^(EPERM|EACCES|closed)/),
      threads: 'ok: threads may be had',
    });
  });

  it('shows nothing of the host, and lets nothing be written', async () => {
    const attempts = await attack(FILES, { hostFile: import.meta.filename, uid: process.getuid?.() ?? 0 });
    expect(attempts).toEqual({
      '/etc/passwd': 'ENOENT',
      '/etc/hostname': 'ENOENT',
      '/etc/resolv.conf': 'ENOENT',
      '/sys': 'ENOENT',
      '/home': 'ENOENT',
      '/root': 'ENOENT',
      '/var/run': 'ENOENT',
      "a file of the host's": 'ENOENT',
      "another plugin's": 'ENOENT',
      '/proc/1/environ': 'ok: KEY=value',
      processes: 'ok: 1',
      'the parent': 'ok: 0',
      hostname: 'ok: sandbox',
      uid: 'ok: 65534 65534',
      capabilities: 'ok: 0000000000000000',
      'no new privileges': 'ok: 1 2',
      root: expect.stringMatching(/^ok: kb,lib(64)?,.*proc,tmp/),
      devices: 'ENOENT',
      'write /': 'EROFS',
      'write /tmp': 'EROFS',
      'write /dev': 'ENOENT',
      'write /dev/shm': 'ENOENT',
      'write /kb/bootstrap.cjs': 'EROFS',
      'write /kb/guest.cjs': 'EROFS',
      'write the plugin': 'EROFS',
      'write /proc/sys': 'EROFS',
      'write /proc': 'EROFS',
      'write into node': expect.stringMatching(/^(EROFS|ETXTBSY|EACCES)/),
      'mounts that can be written': 'ok: ',
      'chmod the plugin': 'EPERM',
    });
  });

  it('stays around what replaces the process', async () => {
    const attempts = await attack(REPLACED, {});
    expect(attempts).toEqual({
      '/etc/passwd': 'ENOENT',
      'write /tmp': 'EROFS',
      socket: expect.stringMatching(/^EPERM|^EACCES/),
      spawn: expect.stringMatching(/^EPERM/),
    });
  });

  it("ends with bubblewrap's own death", async () => {
    using plugin = makePlugin({ 'main.mjs': "process.stdout.write('up'); for (;;);" });
    const child = startWalled(requireWall(), plugin.root);
    await child.up;
    const inner = child.inner();
    expect(isAlive(inner)).toBe(true);
    child.kill();
    await child.ended;
    await untilGone(inner);
    expect(isAlive(inner)).toBe(false);
  });
});

function requireWall(): Wall {
  if (wall === undefined) throw new Error('no wall');
  return wall;
}

interface WalledChild {
  /** The guest's own process, once it is up. */
  readonly inner: () => number;
  /** Its first output: its code runs. */
  readonly up: Promise<unknown>;
  readonly ended: Promise<string>;
  kill(): void;
}

/** What a guest's own command line is, but for its Node flags: there are none. */
function startWalled(how: Wall, root: string): WalledChild {
  const args = buildWalledCommand(how, {
    bootstrap: join(root, 'main.mjs'),
    program: join(root, 'main.mjs'),
    roots: [root],
    nodeFlags: () => ['--input-type=module', '--import', join(root, 'main.mjs')],
  });
  const child = spawn(how.bwrap, [...args], {
    env: { SECRET: 'of the host' },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const streams: readonly unknown[] = child.stdio;
  const program = streams[SECCOMP_FD];
  if (!(program instanceof Duplex)) throw new Error('a pipe is missing');
  program.end(how.seccomp);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data) => (stdout += String(data)));
  child.stderr?.on('data', (data) => (stderr += String(data)));
  return {
    inner: () => listChildren(child.pid ?? 0)[0] ?? 0,
    up: new Promise((resolve) => child.stdout?.once('data', resolve)),
    ended: new Promise((resolve) => child.once('close', () => resolve(stdout === '' ? stderr : stdout))),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Runs attempts inside the wall and tells how each ended. */
async function attack(script: string, facts: Readonly<Record<string, unknown>>): Promise<unknown> {
  using plugin = makePlugin({ 'attempt.mjs': TRY, 'main.mjs': `const facts = ${JSON.stringify(facts)};\n${script}` });
  const text = await startWalled(requireWall(), plugin.root).ended;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
