import type NodeNet from 'node:net';
import { refuse } from './refuse.js';

// Captured before a plugin's code can replace them.
const { get } = Reflect;
const { getPrototypeOf } = Object;

const HANDLE_METHODS = ['bind', 'listen', 'connect', 'connect2', 'fchmod'];

/**
 * Takes out of the socket classes what connects and listens. Any socket that is open shows the class of its handle, and with that class Unix
 * sockets can be made. The channel is connected already, so nobody needs what makes them.
 */
export function guardSockets({ Socket, Server }: typeof NodeNet, channel: NodeNet.Socket): void {
  refuse(Socket.prototype, 'connect', 'connecting a socket');
  refuse(Server.prototype, 'listen', 'listening');
  const handle: unknown = get(channel, '_handle');
  if (typeof handle !== 'object' || handle === null) return;
  const prototype: object = getPrototypeOf(handle);
  for (let index = 0; index < HANDLE_METHODS.length; index += 1) {
    const name = HANDLE_METHODS[index];
    if (name !== undefined && name in prototype) refuse(prototype, name, `${name} of a socket's handle`);
  }
}
