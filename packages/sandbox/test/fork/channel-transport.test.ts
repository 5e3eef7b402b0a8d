import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChannelTransport } from '../../src/fork/channel-transport.js';

const LARGE = 1_048_576;
const filled = (byte: number): Uint8Array => new Uint8Array(LARGE).fill(byte);

describe.runIf(process.platform !== 'win32')('the transport of a channel', () => {
  let folder: string;
  let near: Socket;
  let far: Socket;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kb-channel-'));
    const path = join(folder, 'socket');
    const server = createServer().listen(path);
    await once(server, 'listening');
    near = connect(path);
    [far] = (await once(server, 'connection')) as [Socket];
    server.close();
  });
  afterEach(() => {
    near.destroy();
    far.destroy();
    rmSync(folder, { recursive: true });
  });

  it('frees what nobody else has once it has left, and nothing else', async () => {
    const transport = createChannelTransport(near, () => undefined);
    const [own, lent, last] = [filled(1), filled(2), filled(3)];
    const seen: Buffer[] = [];
    far.on('data', (bytes: Buffer) => seen.push(bytes));
    transport.send(own, true);
    transport.send(lent);
    transport.send(last.subarray(0, 8_192), true);
    near.end();
    await once(far, 'end');
    expect(Buffer.concat(seen).equals(Buffer.concat([filled(1), lent, last.subarray(0, 8_192)]))).toBe(true);
    expect([own, lent, last].map(({ byteLength }) => byteLength)).toEqual([0, LARGE, LARGE]);
  });

  it('frees nothing that has not left', async () => {
    const transport = createChannelTransport(near, () => undefined);
    const pieces = Array.from({ length: 64 }, () => filled(1));
    for (const piece of pieces) transport.send(piece, true);
    near.destroy();
    await once(near, 'close');
    expect(pieces.at(-1)?.byteLength).toBe(LARGE);
  });

  it('frees what it has read when it was heard, where it is large', async () => {
    const transport = createChannelTransport(near, () => undefined);
    const heard: Uint8Array[] = [];
    const copies: Uint8Array[] = [];
    const done = Promise.withResolvers<void>();
    transport.receive((bytes) => {
      heard.push(bytes);
      copies.push(new Uint8Array(bytes));
    }, done.resolve);
    far.write('small');
    await once(near, 'data');
    far.end(filled(7));
    await done.promise;
    expect(Buffer.concat(copies).equals(Buffer.concat([Buffer.from('small'), filled(7)]))).toBe(true);
    expect(heard.map(({ byteLength }) => byteLength)).toEqual(
      copies.map(({ byteLength }) => (byteLength < 4_096 ? byteLength : 0)),
    );
  });
});
