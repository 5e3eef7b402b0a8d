import { validate, version } from 'uuid';
import type { EventEnvelope, EventMessage } from '@kb-labs/contracts';
import { invalidArgument, notATopic } from './event-errors.js';
import { isEventScope } from './event-rules.js';
import { parseSender } from './identity.js';
import { copyPayload } from './payload.js';
import { isReserved, parseTopic } from './topic.js';

/** An envelope, and what it counts for while it waits. Measured once, when the payload was taken. */
export interface Parcel {
  readonly envelope: EventEnvelope;
  readonly bytes: number;
}

/**
 * Reads what a transport handed in, as a copy. Throws `ERR_INVALID_ARGUMENT` or `ERR_EVENT_TOO_LARGE` for an envelope that no
 * bus makes: of another form, on the wrong channel, or from a plugin under a topic of the host.
 */
export function parseMessage(message: unknown, channel: string, maxPayloadBytes: number): Parcel {
  const envelope = read(message, 'envelope');
  if (read(message, 'channel') !== channel) throw invalidArgument('the message is for another channel');
  const [id, topic, scope, time] = (['id', 'topic', 'scope', 'time'] as const).map((key) => read(envelope, key));
  if (typeof id !== 'string' || !validate(id) || version(id) !== 7) throw invalidArgument('the id is not a UUIDv7');
  const segments = parseTopic(topic);
  if (segments === undefined) throw notATopic(topic);
  if (!isEventScope(scope)) throw invalidArgument('the scope is none');
  if (typeof time !== 'number' || !Number.isFinite(time)) throw invalidArgument('the time is not a number');
  const sender = parseSender(read(envelope, 'sender'), scope, channel);
  if (sender.kind === 'plugin' && isReserved(segments)) throw invalidArgument("the topic is the host's own");
  const { value: payload, weight } = copyPayload(read(envelope, 'payload'), maxPayloadBytes);
  return {
    envelope: Object.freeze({ id, topic: segments.join('.'), scope, time, sender, payload }),
    bytes: weight,
  };
}

function read(value: unknown, key: keyof EventEnvelope | keyof EventMessage): unknown {
  if (typeof value !== 'object' || value === null) throw invalidArgument('the message is not an object');
  return Reflect.get(value, key);
}
