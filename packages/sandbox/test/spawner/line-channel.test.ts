import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openLineChannel } from '../../src/spawner/line-channel.js';

interface Pair extends Disposable {
  readonly here: Socket;
  readonly there: Socket;
}

async function openPair(): Promise<Pair> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const there = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [here] = (await once(server, 'connection')) as [Socket];
  server.close();
  return {
    here,
    there,
    [Symbol.dispose]: () => {
      here.destroy();
      there.destroy();
    },
  };
}

describe('the channel between a host and its spawner', () => {
  it('puts messages together, however their bytes arrive', async () => {
    using pair = await openPair();
    const heard: unknown[] = [];
    openLineChannel(pair.here, (message) => void heard.push(message));
    const bytes = Buffer.from('{"text":"größer"}\n{"n":1}\n');
    for (const byte of bytes) pair.there.write(Buffer.of(byte));
    pair.there.end();
    await once(pair.here, 'end');
    expect(heard).toEqual([{ text: 'größer' }, { n: 1 }]);
  });

  it('ends at a line that is no message, and hears nothing behind it', async () => {
    using pair = await openPair();
    const heard: unknown[] = [];
    openLineChannel(pair.here, (message) => void heard.push(message));
    pair.there.on('error', () => undefined);
    pair.there.write('{"n":1}\nnothing of ours\n{"n":2}\n');
    await once(pair.here, 'close');
    expect(heard).toEqual([{ n: 1 }]);
  });
});
