import { closeSync } from 'node:fs';
import { serialize } from 'node:v8';
import { forge, frameOf, line, write } from './frames.js';

const forEver = () => new Promise((resolve) => setTimeout(resolve, 60_000));

/** Bytes that are no frame, and frames that are no message. */
const GARBAGE = {
  noise: Buffer.alloc(65_536, 0xff),
  'broken JSON, which ends a host that uses that IPC': Buffer.from('{"t":"res\n'),
  'a length of 4 GiB': Buffer.from('ffffffff00000010', 'hex'),
  'no JSON': frameOf('{'),
  'half a surrogate in UTF-8': frameOf('"xxx"').fill(0xed, 10, 11).fill(0xa0, 11, 13),
  'a million open brackets': frameOf('['.repeat(1_000_000)),
};
const FORGED = {
  'an audit record': { t: 'audit', pluginId: 'other', decision: { allowed: true } },
  'a reply': { t: 'reply', run: 1, id: 1, ok: true, value: 'forged' },
  'a second ready': { t: 'ready', version: 3 },
  'a line of a run that was never opened': { ...line('x'), run: 2 },
  'a result of no run': { t: 'result', ok: true, value: 1 },
  'modules that nobody asked for': { t: 'loaded', ok: true },
  'an id beyond numbers': { t: 'call', run: 1, id: 2 ** 60, name: 'fs.stat', args: [] },
  'a mark that is none': { t: 'log', run: 1, level: 'info', source: 'log', text: { $: ['Function', 'x'] }, fields: {} },
  'a part that is not there': { t: 'result', run: 1, ok: true, value: { $: ['bytes', 'Uint8Array', 7] } },
};

export const kinds = () => ({ garbage: Object.keys(GARBAGE), forged: Object.keys(FORGED) });

export async function writesGarbage({ kind }) {
  write(GARBAGE[kind]);
  await forEver();
}

export async function forges({ kind }) {
  forge(FORGED[kind]);
  await forEver();
}

/** What `serialization: 'advanced'` of Node's own IPC carries, whole and broken. */
export async function serialises({ broken }) {
  const body = serialize({ cmd: 'NODE_INTERNAL', type: 'x' });
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length, 0);
  write(Buffer.concat([head, broken ? body.fill(0xff, 2) : body]));
  await forEver();
}

/** A line of log, byte by byte, each in a write and a turn of its own. */
export async function drips({ whole }) {
  const bytes = frameOf(JSON.stringify(line('dripped')));
  for (const byte of whole ? bytes : bytes.subarray(0, -1)) {
    write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (!whole) await forEver();
  return 'done';
}

/** Says that a frame of 16 MB comes, and lets it come in pieces for ever. */
export async function promisesMuch() {
  const body = Buffer.from('[0,[16000000]]'.padEnd(20));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(4 + body.length + 16_000_000, 0);
  head.writeUInt32BE(body.length, 4);
  write(Buffer.concat([head, body]));
  for (;;) {
    write(Buffer.alloc(1_000, 0x20));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export async function resultsEarly({ times }) {
  forge(...Array.from({ length: times }, (_, n) => ({ t: 'result', run: 1, ok: true, value: `forged ${n}` })));
  await new Promise((resolve) => setTimeout(resolve, 50));
  return 'the handler has returned';
}

/** Lines and tracks that say that they come from somebody else. */
export function pretends() {
  const other = { pluginId: 'other', executionId: 'other', traceId: 'other', plugin: { id: 'other' } };
  forge(
    line('a line', { ...other, fields: { ...other, __proto__: null } }),
    line('of the host', { source: 'sandbox', level: 'warn', time: 0 }),
    { t: 'progress', run: 1, message: 'progress', fraction: 0.5, ...other },
    { t: 'track', run: 1, name: 'track', attributes: other, ...other },
  );
  return 'done';
}

/** Calls that say that they are allowed. Their answers come to nobody. */
export async function claims({ path, calls }) {
  const allowed = { allowed: true, decision: { allowed: true, rule: '**' }, granted: ['*'], operation: 'stat' };
  const call = (name, n, args) => ({ t: 'call', run: 1, id: 1_000 + n, name, args, ...allowed });
  const names = ['fs.readFile', 'fs.writeFile', 'shell.run', 'net.fetch', 'host.exit', '__proto__', 'constructor'];
  forge(call('fs.readFile', -1, [path]), ...names.map((name, n) => call(name, n, [path, allowed])));
  await new Promise((resolve) => setTimeout(resolve, calls));
  return 'done';
}

const LEAVES = {
  'closes the channel': () => closeSync(3),
  'closes all that is open': () => {
    for (let fd = 0; fd < 64; fd += 1) {
      try {
        closeSync(fd);
      } catch {
        // Not open.
      }
    }
  },
  'opens the channel a second time and shuts it down': () => {
    const Pipe = process.stdin._handle.constructor;
    const pipe = new Pipe(0);
    pipe.open(3);
    pipe.shutdown({ oncomplete: () => pipe.close() });
    pipe.close();
    closeSync(3);
  },
  disconnects: () => (process.disconnect ?? (() => closeSync(3)))(),
};

export const waysToLeave = () => Object.keys(LEAVES);

export async function leaves({ way }) {
  LEAVES[way]();
  await forEver();
}

/** Asks many times at once, and waits for the first answers alone. */
export function floods({ calls, answers }, ctx) {
  const codes = new Set();
  let left = answers;
  return new Promise((resolve) => {
    const settle = (code) => {
      codes.add(code);
      left -= 1;
      if (left === 0) resolve([...codes].sort());
    };
    for (let n = 0; n < calls; n += 1) {
      ctx.fs.stat('data').then(
        () => settle('ok'),
        ({ code }) => settle(code),
      );
    }
  });
}

export async function floodsFrames() {
  let id = 1_000_000;
  const many = () =>
    Buffer.concat(
      Array.from({ length: 1_000 }, () =>
        frameOf(`{"t":"call","run":1,"id":${++id},"name":"fs.stat","args":["data"]}`),
      ),
    );
  for (let round = 0; round < 1_000; round += 1) write(many());
  await forEver();
}

export const pid = () => process.pid;

/** Writes bytes that somebody else has made, in pieces, and goes on as if nothing had been. */
export async function writes({ bytes, piece }) {
  for (let at = 0; at < bytes.length; at += piece) write(bytes.subarray(at, at + piece));
  return 'its own';
}
