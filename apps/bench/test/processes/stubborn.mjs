// Hears no signal, and has a child that hears none either.
import { spawn } from 'node:child_process';
process.on('SIGTERM', () => undefined);
const child = spawn(process.execPath, [
  '-e',
  'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6); console.log("up")',
]);
child.stdout.once('data', () => process.send({ type: 'progress', text: String(child.pid) }));
setInterval(() => undefined, 1e6);
