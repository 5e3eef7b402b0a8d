import { isPluginId } from '@kb-labs/contracts';
import type { EventPlace, EventScope, EventSender } from '@kb-labs/contracts';
import { invalidArgument } from './event-errors.js';

const ID = /^[\x21-\x7e]{1,128}$/;

/** The channel of each scope; none for a scope that the party has no place in. */
export type Channels = Readonly<Record<EventScope, string | undefined>>;

/** The channels that a plugin's execution, or the host at a place, reaches. No id holds a colon, so none can be taken for another. */
export function channelsOf(place: EventPlace | undefined): Channels {
  if (place === undefined) return { execution: undefined, plugin: undefined, host: 'host' };
  const { pluginId, executionId } = place;
  return {
    execution: executionId === undefined ? undefined : `execution:${pluginId}:${executionId}`,
    plugin: `plugin:${pluginId}`,
    host: 'host',
  };
}

/** Throws `ERR_INVALID_ARGUMENT` for what is not a plugin's id. */
export function assertPluginId(pluginId: unknown): void {
  if (isPluginId(pluginId)) return;
  throw invalidArgument('pluginId is not an id of a plugin', 'write name or @scope/name, as npm names packages');
}

/** Throws `ERR_INVALID_ARGUMENT` for what is not the id of an execution or a trace. */
export function assertId(name: 'executionId' | 'traceId', id: unknown): void {
  if (typeof id === 'string' && ID.test(id)) return;
  throw invalidArgument(`${name} is not an id: 1 to 128 printable ASCII characters without spaces`);
}

/** Reads a sender that came from elsewhere, and makes sure that it belongs on the channel it came by. Throws where it does not. */
export function parseSender(value: unknown, scope: EventScope, channel: string): EventSender {
  if (typeof value !== 'object' || value === null) throw invalidArgument('the sender is not an object');
  if (Reflect.get(value, 'kind') === 'host') {
    if (channel.split(':', 1)[0] !== scope) throw invalidArgument('the event does not belong on this channel');
    return Object.freeze({ kind: 'host' });
  }
  if (Reflect.get(value, 'kind') !== 'plugin') throw invalidArgument('the sender is of no known kind');
  const pluginId: unknown = Reflect.get(value, 'pluginId');
  const executionId: unknown = Reflect.get(value, 'executionId');
  const traceId: unknown = Reflect.get(value, 'traceId');
  assertPluginId(pluginId);
  assertId('executionId', executionId);
  assertId('traceId', traceId);
  const sender = {
    kind: 'plugin',
    pluginId: String(pluginId),
    executionId: String(executionId),
    traceId: String(traceId),
  } as const;
  if (channelsOf(sender)[scope] !== channel) throw invalidArgument('the event does not belong on this channel');
  return Object.freeze(sender);
}
