import type { Socket } from 'node:net';

/**
 * Sends and hears messages as lines of JSON, between a host and its spawner, which trust each other. A line that is none ends the channel. What is
 * said after its end is lost; that end is an event of the socket.
 */
export function openLineChannel<Heard>(socket: Socket, hear: (message: Heard) => void): (message: object) => void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('error', () => undefined);
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = parseLine<Heard>(line);
      if (message === undefined) return void socket.destroy();
      hear(message);
    }
  });
  return (message) => {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
  };
}

function parseLine<Heard>(line: string): Heard | undefined {
  try {
    return JSON.parse(line) as Heard;
  } catch {
    return undefined;
  }
}
