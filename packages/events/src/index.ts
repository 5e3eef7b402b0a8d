// The public names of this package, one by one.
export { acquirePluginBus } from './acquire-plugin-bus.js';
export type { EventBusConfig } from './bus-settings.js';
export { createEventBus } from './event-bus.js';
export { createMemoryTransport } from './memory-transport.js';
export { createPluginBuses } from './plugin-buses.js';
export type { PluginBus, PluginBuses } from './plugin-buses.js';
