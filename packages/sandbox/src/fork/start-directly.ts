import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createSettled } from '../wire/waiting.js';
import type { ChildCommand } from './child-command.js';
import { endGroup, findGuest, signalGuest } from './signal-guest.js';
import { spawnCovered } from './spawn-covered.js';
import type { ProcessExit, ProcessStart } from './started-process.js';
import { SECCOMP_FD } from './wall.js';

const CHANNEL_FD = 3;

/** Starts a guest as a child of this process, as `StartProcess` says. The loop stands still meanwhile: some 20 ms for each GB that is resident. */
export function startDirectly(command: ChildCommand, cwd: string): ProcessStart {
  const compiled = command.compiled?.();
  const args = compiled === undefined ? command.args : [...command.args, String(compiled.length)];
  const child = spawnCovered({ ...command, args }, cwd);
  if ('error' in child) return child;
  const streams = [...child.stdio];
  const [, stdout, stderr] = child.stdio;
  const channel = streams[CHANNEL_FD];
  if (!(channel instanceof Duplex) || stdout === null || stderr === null)
    return { error: new Error('the channel is no stream') };
  for (const stream of streams) stream?.on('error', () => undefined);
  if (compiled !== undefined) channel.write(compiled);
  const program = streams[SECCOMP_FD];
  if (program instanceof Duplex) program.end(command.seccomp);

  let hasEnded = false;
  const { promise: exit, settle } = createSettled<ProcessExit>();
  child.once('error', (error) => settle({ code: null, signal: null, error }));
  child.once('exit', (code, signal) => {
    hasEnded = true;
    endGroup(child.pid);
    if (program instanceof Duplex) program.destroy();
    settle({ code, signal, error: undefined });
  });
  const parented = { pid: child.pid, walled: command.walled, hasEnded: () => hasEnded };
  const sockets = streams.filter((stream) => stream instanceof Socket);
  return {
    streams: { channel, stdout, stderr },
    guestPid: () => findGuest(parented),
    signal: async (name) => signalGuest(parented, name),
    exit,
    hold(isHeld) {
      // A stream that has ended would wait for a connection, once more with each call.
      for (const handle of [child, ...sockets.filter(({ destroyed }) => !destroyed)]) {
        if (isHeld) handle.ref();
        else handle.unref();
      }
    },
  };
}
