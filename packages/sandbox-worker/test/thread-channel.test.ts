import { once } from 'node:events';
import { globSync, readlinkSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { PluginError } from '@kb-labs/contracts';
import { describe, expect, it, vi } from 'vitest';
import { connectThread } from '../src/thread-channel.js';

function descriptors(): number {
  return globSync('/proc/self/fd/*')
    .flatMap(linkQuietly)
    .filter((target) => target === process.execPath).length;
}

function linkQuietly(path: string): string[] {
  try {
    return [readlinkSync(path)];
  } catch {
    // The one by which the folder was read.
    return [];
  }
}

interface Heard {
  readonly forged: readonly string[];
  readonly bytes: readonly number[];
  readonly pending: number;
}

/** What the host makes of a thread that sends these values, after it was sent 10 bytes itself. */
async function hearFrom(code: string): Promise<Heard> {
  const worker = new Worker(`const { parentPort: port, MessageChannel } = require('worker_threads');\n${code}`, {
    eval: true,
  });
  const channel = connectThread(worker);
  const forged: string[] = [];
  const bytes: number[] = [];
  channel.onForgery((error: PluginError) => forged.push(error.code));
  channel.transport.receive(
    (frame) => void bytes.push(...frame),
    () => undefined,
  );
  channel.transport.send(new Uint8Array(10));
  await once(worker, 'exit');
  return { forged, bytes, pending: channel.transport.pendingBytes() };
}

describe("the host's end of a thread's port", () => {
  it('takes bytes, the number of the thread, and counts of what was read', async () => {
    const code =
      'port.postMessage(77); port.postMessage(new Uint8Array([1, 2])); port.postMessage(4); port.postMessage(10);';
    expect(await hearFrom(code)).toEqual({ forged: [], bytes: [1, 2], pending: 0 });
  });

  it.each([
    ['a text', "'{}'"],
    ['an object', "{ t: 'result', ok: true }"],
    ['nothing', 'undefined'],
    ['a count beyond what was sent', '11'],
    ['a count below the last one', '-1'],
    ['no number', 'NaN'],
    ['a fraction', '0.5'],
    ['bare memory', 'new ArrayBuffer(4)'],
    ['shared memory', 'new SharedArrayBuffer(4)'],
    ['a view of shared memory', 'new Uint8Array(new SharedArrayBuffer(4))'],
    ['a view of memory that grows', 'new Uint8Array(new ArrayBuffer(4, { maxByteLength: 8 }))'],
    ['numbers of another kind', 'new Float64Array(1)'],
    ['a map', 'new Map([[1, 2]])'],
    ['a circle', '(() => { const a = {}; a.a = a; return a; })()'],
    ['an error with a getter', "Object.defineProperty(new Error('x'), 'code', { get: () => 1, enumerable: true })"],
  ])('takes %s for a forgery', async (_, value) => {
    const { forged, bytes } = await hearFrom(`port.postMessage(77); port.postMessage(${value});`);
    expect({ forged, bytes }).toEqual({ forged: ['ERR_PROTOCOL'], bytes: [] });
  });

  it('takes a port for a forgery and closes it, so that nobody waits at its other end', async () => {
    const code = `port.postMessage(77); const { port1, port2 } = new MessageChannel(); port2.once('close', () => port.postMessage(new Uint8Array([9])));
      port2.on('message', () => undefined); port.postMessage(port1, [port1]);`;
    expect(await hearFrom(code)).toMatchObject({ forged: ['ERR_PROTOCOL'], bytes: [9] });
  });

  it('takes a file handle for a forgery and closes it, wherever it is hidden', async () => {
    const open = descriptors();
    for (const hidden of ['file', '{ a: [{ file }] }', 'new Map([[1, new Set([file])]])']) {
      const code = `port.postMessage(77);
        require('fs').promises.open(process.execPath).then((file) => port.postMessage(${hidden}, [file]));`;
      expect((await hearFrom(code)).forged).toEqual(['ERR_PROTOCOL']);
    }
    await vi.waitFor(() => expect(descriptors()).toEqual(open), { timeout: 5_000, interval: 5 });
  });

  it('sends a frame and nothing that lies beside it in memory', async () => {
    const code =
      'port.once("message", (frame) => port.postMessage(new Uint8Array([frame.buffer.byteLength, ...frame])));';
    const worker = new Worker(`const { parentPort: port } = require('worker_threads');\n${code}`, { eval: true });
    const { transport } = connectThread(worker);
    const { promise: heard, resolve } = Promise.withResolvers<Uint8Array>();
    transport.receive(
      (bytes) => resolve(bytes),
      () => undefined,
    );
    const memory = new TextEncoder().encode('a secret of the host');
    transport.send(memory.subarray(2, 4));
    expect([...(await heard)]).toEqual([2, ...memory.subarray(2, 4)]);
    // The host's own bytes are still there.
    expect(new TextDecoder().decode(memory)).toBe('a secret of the host');
    await worker.terminate();
  });
});
