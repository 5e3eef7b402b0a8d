import type NodeNet from 'node:net';
import { NODE_MAJOR } from './node-major.js';
import { refuse } from './refuse.js';

// Captured before a plugin's code can replace them.
const { get } = Reflect;
const { getPrototypeOf } = Object;

const PIPE_METHODS = ['bind', 'listen', 'connect', 'connect2', 'fchmod'];
const TCP_METHODS = ['open', 'bind', 'bind6', 'listen', 'connect', 'connect6'];
/** From this version on Node refuses by itself what would use the network. */
const REFUSES_NETWORK = NODE_MAJOR >= 25;

/**
 * Takes out of the socket classes what connects and listens. Any socket that is open shows the class of its handle, and with that class Unix
 * sockets can be made. The channel is connected already, so nobody needs what makes them.
 */
export function guardSockets({ Socket, Server }: typeof NodeNet, channel: NodeNet.Socket): void {
  guardHandle(channel, PIPE_METHODS);
  if (!REFUSES_NETWORK) guardTcp(Socket);
  refuse(Socket.prototype, 'connect', 'connecting a socket');
  refuse(Server.prototype, 'listen', 'listening');
}

/**
 * What undici makes of an https origin has a TCP handle before it is refused, and `async_hooks` shows it. A socket that is told to connect has one at once,
 * and begins in the next tick: destroyed before, it asks the system for nothing.
 */
function guardTcp(Socket: typeof NodeNet.Socket): void {
  const socket = new Socket();
  socket.connect(1, '127.0.0.1');
  guardHandle(socket, TCP_METHODS);
  socket.destroy();
}

function guardHandle(socket: NodeNet.Socket, methods: readonly string[]): void {
  const handle: unknown = get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return;
  const prototype: object = getPrototypeOf(handle);
  for (let index = 0; index < methods.length; index += 1) {
    const name = methods[index];
    if (name !== undefined && name in prototype) refuse(prototype, name, `${name} of a socket's handle`);
  }
}
