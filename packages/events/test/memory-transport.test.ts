import type { EventMessage } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createMemoryTransport } from '../src/index.js';
import { withCode } from './open-bus.js';

function message(channel: string, payload: unknown): EventMessage {
  return { channel, envelope: { id: '', topic: 'a', scope: 'host', time: 0, sender: { kind: 'host' }, payload } };
}

const { signal } = new AbortController();

describe('the memory transport', () => {
  it('hands what is sent to a channel to all who listen to it, until they stop', () => {
    const transport = createMemoryTransport();
    const heard: string[] = [];
    const deliver = ({ envelope }: EventMessage): void => void heard.push(String(envelope.payload));
    const first = transport.listen('one', deliver);
    transport.listen('one', deliver);
    transport.listen('two', (sent) => void heard.push(`two ${String(sent.envelope.payload)}`));
    void transport.send(message('one', 1), signal);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    void transport.send(message('one', 2), signal);
    void transport.send(message('two', 3), signal);
    void transport.send(message('three', 4), signal);
    expect(heard).toEqual(['1', '1', '2', 'two 3']);
  });

  it('keeps one order for all, though something is sent while it hands out', () => {
    const transport = createMemoryTransport();
    const heard: unknown[] = [];
    transport.listen('one', ({ envelope }) => {
      if (envelope.payload === 1) void transport.send(message('one', 2), signal);
      heard.push(envelope.payload);
    });
    transport.listen('one', ({ envelope }) => heard.push(envelope.payload));
    void transport.send(message('one', 1), signal);
    expect(heard).toEqual([1, 1, 2, 2]);
  });

  it('takes nothing more once it is disposed', async () => {
    const transport = createMemoryTransport();
    await transport[Symbol.asyncDispose]();
    expect(() => transport.send(message('one', 1), signal)).toThrow(withCode('ERR_IO_FAILED'));
    expect(() => transport.listen('one', () => undefined)).toThrow(withCode('ERR_IO_FAILED'));
  });
});
