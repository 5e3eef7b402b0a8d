import type { ChildProcess } from 'node:child_process';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { endGroup, signalGuest } from '../fork/signal-guest.js';
import { spawnCovered } from '../fork/spawn-covered.js';
import { HANDED_OVER } from './messages.js';
import type { SpawnerNews, StartRequest } from './messages.js';

/** Behind the channel, which is the last of what is handed over. */
const SECCOMP_FD = 4;

/** A guest whose parent is this process. */
export interface SpawnedChild {
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

/**
 * Starts a guest whose streams are connected to the host, and tells the host what becomes of it. The sockets were never read from here and are closed here as
 * soon as the guest has them: there is nothing that could take the first bytes of a guest away from its host.
 */
export async function startForHost(
  request: StartRequest,
  tell: (news: SpawnerNews) => void,
): Promise<SpawnedChild | undefined> {
  const { id, file, args, cwd } = request;
  const fail = (error: unknown): undefined => {
    tell({ t: 'failed', id, ...describeError(error) });
    return undefined;
  };
  const sockets = await connectAll(request).catch(() => undefined);
  if (sockets === undefined) return tell({ t: 'unmet', id }) as undefined;
  const program = request.seccomp === undefined ? [] : ['pipe' as const];
  const child = spawnCovered({ file, args, stdio: ['pipe', ...sockets, ...program] }, cwd);
  for (const socket of sockets) socket.destroy();
  if ('error' in child) return fail(child.error);
  const { pid } = child;
  if (pid === undefined) {
    child.once('error', fail);
    return undefined;
  }
  feedProgram(child, request.seccomp);
  let hasEnded = false;
  child.once('exit', (code, signal) => {
    hasEnded = true;
    endGroup(pid);
    tell({ t: 'exit', id, code, signal });
  });
  tell({ t: 'started', id, pid });
  const parented = { pid, walled: request.walled, hasEnded: () => hasEnded };
  return { signal: (name) => signalGuest(parented, name) };
}

function connectAll({ path, token }: StartRequest): Promise<readonly Socket[]> {
  return Promise.all(HANDED_OVER.map((fd) => connect(path, `${token}${fd}`)));
}

/** Connects and says who it is. It is paused before it is connected, for then Node never begins to read. */
function connect(path: string, greeting: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.pause();
    socket.on('error', reject);
    socket.write(greeting, () => resolve(socket));
  });
}

function feedProgram(child: ChildProcess, seccomp: string | undefined): void {
  const stream: unknown = child.stdio[SECCOMP_FD];
  if (!(stream instanceof Duplex) || seccomp === undefined) return;
  stream.on('error', () => undefined);
  stream.end(Buffer.from(seccomp, 'base64'));
  child.once('exit', () => stream.destroy());
}

function describeError(error: unknown): { readonly code: string | undefined; readonly message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: 'unknown reason' };
  return { code: 'code' in error && typeof error.code === 'string' ? error.code : undefined, message: error.message };
}
