import type { Socket } from 'node:net';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';

const MIB = 1_048_576;
const zeros = Buffer.alloc(4 * MIB);
const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const ok = 'HTTP/1.1 200 OK\r\n';

/** What a hostile server sends for a path, byte by byte as it stands here. */
export const hostileAnswers: Readonly<Record<string, (socket: Socket) => void>> = {
  gzip: (socket) => socket.end(encoded('gzip', gzipSync(zeros))),
  brotli: (socket) => socket.end(encoded('br', brotliCompressSync(zeros, fast))),
  deflate: (socket) => socket.end(encoded('deflate', deflateSync(zeros))),
  twice: (socket) => socket.end(encoded('gzip, gzip', gzipSync(gzipSync(zeros)))),
  chain: (socket) => socket.end(encoded(Array.from({ length: 40 }, () => 'gzip').join(', '), gzipSync(zeros))),
  truncated: (socket) => socket.end(encoded('gzip', gzipSync(Buffer.from('cut off')).subarray(0, 15))),
  'not-gzip': (socket) => socket.end(encoded('gzip', Buffer.from('this is no gzip'))),
  'unknown-coding': (socket) => socket.end(encoded('x-made-up', Buffer.from('as it is'))),
  'fewer-bytes': (socket) => socket.end(`${ok}content-length: 100\r\n\r\nfew`),
  'more-bytes': (socket) => socket.end(`${ok}content-length: 3\r\n\r\nmore than it says`),
  'two-lengths': (socket) => socket.end(`${ok}content-length: 3\r\ncontent-length: 5\r\n\r\nabcde`),
  'length-and-chunks': (socket) =>
    socket.end(`${ok}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n`),
  'negative-length': (socket) => socket.end(`${ok}content-length: -1\r\n\r\nabc`),
  'huge-length': (socket) => socket.end(`${ok}content-length: 99999999999999999999\r\n\r\nabc`),
  'bad-chunk': (socket) => socket.end(`${ok}transfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`),
  'http-0.9': (socket) => socket.end('<html>no head at all</html>'),
  'http-9': (socket) => socket.end('HTTP/9.9 200 OK\r\ncontent-length: 0\r\n\r\n'),
  nothing: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
  'status-0': (socket) => socket.end('HTTP/1.1 000 Zero\r\ncontent-length: 0\r\n\r\n'),
  'status-101': (socket) => socket.write('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
  'status-999': (socket) => socket.end('HTTP/1.1 999 Far\r\ncontent-length: 0\r\n\r\n'),
  'latin-reason': (socket) => socket.end(Buffer.from(`HTTP/1.1 200 \xe9\xff\r\ncontent-length: 2\r\n\r\nok`, 'latin1')),
  'one-header-10-mb': (socket) => socket.end(`${ok}x-big: ${'a'.repeat(10 * MIB)}\r\n\r\n`),
  'many-headers': (socket) => socket.end(`${ok}${'x-a: b\r\n'.repeat(10_000)}\r\n`),
  'nul-header': (socket) => socket.end(`${ok}x-a: b\0c\r\ncontent-length: 0\r\n\r\n`),
  'folded-header': (socket) => socket.end(`${ok}x-a: b\r\n c: d\r\ncontent-length: 0\r\n\r\n`),
  'bare-cr': (socket) => socket.end(`${ok}x-a: b\rset-cookie: c\r\ncontent-length: 0\r\n\r\n`),
  informational: (socket) =>
    socket.end(`${'HTTP/1.1 103 Early\r\nx: y\r\n\r\n'.repeat(50)}${ok}content-length: 2\r\n\r\nok`),
  'informational-flood': (socket) => flood(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(500)),
  'trailer-bomb': (socket) =>
    socket.end(`${ok}transfer-encoding: chunked\r\n\r\n0\r\n${'x-a: b\r\n'.repeat(10_000)}\r\n`),
  'endless-chunks': (socket) => {
    socket.write(`${ok}transfer-encoding: chunked\r\n\r\n`);
    flood(socket, `${'10000\r\n'}${'a'.repeat(65_536)}\r\n`);
  },
  'silent-body': (socket) => socket.write(`${ok}transfer-encoding: chunked\r\n\r\n1\r\na\r\n`),
  'silent-head': (socket) => socket.write('HTTP/1.1 200 OK\r\nx-a'),
  'dripping-head': (socket) => drip(socket, `${ok}x-slow: ${'a'.repeat(10_000)}`),
  silent: () => undefined,
  'redirect-without-end': (socket) => {
    socket.write('HTTP/1.1 302 Found\r\nlocation: /fine\r\ntransfer-encoding: chunked\r\n\r\n');
    flood(socket, `10000\r\n${'a'.repeat(65_536)}\r\n`);
  },
  'chunk-extension-flood': (socket) => {
    socket.write(`${ok}transfer-encoding: chunked\r\n\r\n5;x=`);
    flood(socket, 'a'.repeat(65_536));
  },
  'empty-gzip-flood': (socket) => {
    socket.write(`${ok}content-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\na\r\n`);
    socket.write(gzipSync(Buffer.alloc(0)).subarray(0, 10));
    socket.write('\r\n');
    // Stored blocks of length 0: five bytes on the wire, none that come out.
    flood(socket, `${'5\r\n\0\0\0\u00ff\u00ff\r\n'.repeat(1_000)}`);
  },
  fine: (socket) => socket.end(`${ok}content-length: 4\r\nconnection: close\r\n\r\nfine`),
  // Two answers to one question: the second would be taken for that to the next.
  smuggled: (socket) =>
    socket.write(`${ok}content-length: 3\r\n\r\none${ok}content-length: 8\r\nx-evil: 1\r\n\r\nsmuggled`),
};

function encoded(coding: string, body: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`${ok}content-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n\r\n`),
    body,
  ]);
}

function flood(socket: Socket, text: string): void {
  const piece = Buffer.from(text, 'latin1');
  const more = (): void => {
    if (socket.destroyed) return;
    // Without end, and yet not so fast that the machine does nothing else.
    if (socket.write(piece)) setTimeout(more, 5);
    else socket.once('drain', more);
  };
  more();
}

function drip(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++] ?? 'a'), 20);
  socket.once('close', () => clearInterval(timer));
}
