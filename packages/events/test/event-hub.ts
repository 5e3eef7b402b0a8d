// A process of its own: hands each line that a client sends to all clients of its room, in one order, and then tells the sender.
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

const rooms = new Map<string, Set<Socket>>();
const server = createServer((socket) => {
  socket.setNoDelay().on('error', () => socket.destroy());
  let rest = '';
  let members: Set<Socket> | undefined;
  // Not `readline`: it also ends lines at U+2028, which JSON holds as it is.
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
  const take = (line: string): void => {
    if (members === undefined) {
      members = rooms.get(line) ?? new Set();
      rooms.set(line, members.add(socket));
      socket.on('close', () => members?.delete(socket));
      socket.write('{"joined":true}\n');
      return;
    }
    const { seq, message } = JSON.parse(line);
    for (const member of members) member.write(`${JSON.stringify({ message })}\n`);
    socket.write(`${JSON.stringify({ taken: seq })}\n`);
  };
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify(server.address())}\n`));
// Ends with whoever started it.
process.stdin.on('end', () => process.exit()).resume();
