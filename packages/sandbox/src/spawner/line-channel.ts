import type { Socket } from 'node:net';

/**
 * Sends and hears messages as lines of JSON, between a host and its spawner, which trust each other. What is said after the end of the channel is lost;
 * that end is an event of the socket.
 */
export function openLineChannel<Heard>(socket: Socket, hear: (message: Heard) => void): (message: object) => void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('error', () => undefined);
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) hear(JSON.parse(line) as Heard);
  });
  return (message) => {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
  };
}
