import { createEventBus, createRuntime, forkSandbox } from '@kb-labs/plugin-runtime';
import type { BenchOptions, BenchRow } from '../bench.js';
import { interleave } from '../interleave.js';
import { openRawChannel } from '../peers/raw-channel.js';
import { PLUGIN } from '../places.js';
import { row } from '../row.js';
import { median } from '../statistics.js';
import { busSettings, perEvent } from './publishing.js';

const EVENTS = 500;
const FLOOR_EVENTS = 250;
const SCOPE = { scope: 'host' } as const;

/** From the host's `publish` to a guest that has read the last event and said so. The guest asks for events, and gets those that are there in one frame. */
export async function toChildRow({ quick, signal }: BenchOptions): Promise<BenchRow> {
  const rounds = quick ? 30 : 150;
  const warmups = 5;
  await using bus = createEventBus(busSettings);
  await using raw = await openRawChannel();
  await using runtime = createRuntime({ events: bus, sandbox: forkSandbox({ wall: 'off' }) });
  const context = runtime.createContext({
    capabilities: ['events.publish', 'events.subscribe'],
    permissions: { events: { produce: ['ack.*'], consume: ['tick.*'], scopes: ['host'] } },
    pluginRoot: PLUGIN,
    signal,
  });
  const host = bus.openHostPort();
  const ready = host.waitFor('ack.ready', SCOPE);
  const input = { rounds: rounds + warmups };
  const running = runtime.execute({ handler: './handlers.js#readEvents', input }, context);
  await ready;
  const samples = await interleave(
    {
      ours: async () => {
        const read = host.waitFor('ack.read', SCOPE);
        for (let at = 1; at <= EVENTS; at += 1) void host.publish('tick.now', { at, isLast: at === EVENTS }, SCOPE);
        await read;
      },
      raw: async () => {
        for (let at = 1; at <= FLOOR_EVENTS; at += 1) await raw.echo(envelope(at));
      },
    },
    { rounds, warmups, signal },
  );
  const result = await running;
  if (!result.ok) throw new Error(`the listening guest: ${result.error.code}: ${result.error.message}`);
  return row('event-publish:to-child', {
    ours: perEvent(median(samples.ours), EVENTS),
    floor: perEvent(median(samples.raw), FLOOR_EVENTS),
    peers: {},
    unit: 'µs',
    note: 'the floor is a raw channel with a frame for each event, which the other side asks for as a guest does',
  });
}

function envelope(at: number): unknown {
  const id = '0195f0e5-7b1c-7c3e-9a4f-2b7d3c1e5f60';
  return { id, topic: 'tick.now', scope: 'host', time: 0, sender: { kind: 'host' }, payload: { at, isLast: false } };
}
