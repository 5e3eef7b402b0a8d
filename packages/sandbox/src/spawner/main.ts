import { rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname } from 'node:path';
import { openLineChannel } from './line-channel.js';
import type { SpawnerNews, SpawnerRequest, StartRequest } from './messages.js';
import { startForHost } from './start-for-host.js';
import type { SpawnedChild } from './start-for-host.js';

const CHANNEL_FD = 3;

// A small process beside a host with a large memory: it forks in its place, and does nothing else. It ends with its host.
main(process.argv[2]);

function main(path: string | undefined): void {
  const children = new Map<number, SpawnedChild>();
  const channel = new Socket({ fd: CHANNEL_FD, readable: true, writable: true });
  const send = openLineChannel<SpawnerRequest>(channel, (request) => {
    if (request.t === 'start') return void start(request);
    children.get(request.id)?.signal(request.name);
    tell({ t: 'signalled', ask: request.ask });
  });
  // Any process of this user may send it, and an open inspector would run what it is told (nodejs/node#62537).
  process.on('SIGUSR1', () => undefined);
  channel.once('close', () => leave(children, path));

  function tell(news: SpawnerNews): void {
    if (news.t === 'exit') children.delete(news.id);
    send(news);
  }

  async function start(request: StartRequest): Promise<void> {
    const child = await startForHost(request, tell);
    if (child !== undefined) children.set(request.id, child);
  }
}

/** The host is gone, or needs it no more. What is being started at this moment loses its parent, and its channel. */
function leave(children: ReadonlyMap<number, SpawnedChild>, path: string | undefined): void {
  for (const child of children.values()) child.signal('SIGKILL');
  if (path !== undefined) rmSync(dirname(path), { recursive: true, force: true });
  process.exit();
}
