// The other end of a raw channel: runs the trivial handler, or asks for files, over frames of a 32-bit length and JSON on descriptor 3.
import { Socket } from 'node:net';

const HEADER_BYTES = 4;
const pipe = new Socket({ fd: 3 });
const waiting = new Map();
let calls = 0;
let rest = Buffer.alloc(0);

pipe.on('data', (chunk) => {
  rest = rest.byteLength === 0 ? chunk : Buffer.concat([rest, chunk]);
  while (rest.byteLength >= HEADER_BYTES) {
    const end = HEADER_BYTES + rest.readUInt32BE();
    if (rest.byteLength < end) return;
    const text = rest.toString('utf8', HEADER_BYTES, end);
    rest = rest.subarray(end);
    void answer(JSON.parse(text));
  }
});

async function answer(message) {
  if (message.call !== undefined) {
    waiting.get(message.call)(message.content);
    waiting.delete(message.call);
  } else if (message.files === undefined) {
    send({ id: message.id, value: trivial(message.echo) });
  } else {
    send({ id: message.id, value: await timeReads(message) });
  }
}

function trivial(input) {
  return input;
}

async function timeReads({ files, atOnce, times }) {
  const took = [];
  for (let time = 0; time < times; time += 1) {
    const begun = performance.now();
    await readFiles(files, atOnce);
    took.push(performance.now() - begun);
  }
  return took;
}

async function readFiles(files, atOnce) {
  const contents = [];
  if (atOnce) contents.push(...(await Promise.all(files.map(readFile))));
  else for (const file of files) contents.push(await readFile(file));
  return contents.reduce((sum, { length }) => sum + length, 0);
}

function readFile(path) {
  return new Promise((resolve) => {
    calls += 1;
    waiting.set(calls, resolve);
    send({ call: calls, path });
  });
}

function send(message) {
  const text = JSON.stringify(message);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + Buffer.byteLength(text));
  bytes.writeUInt32BE(bytes.byteLength - HEADER_BYTES);
  bytes.write(text, HEADER_BYTES);
  pipe.write(bytes);
}
