import { createPluginBuses } from './plugin-buses.js';
import type { PluginBus, PluginBuses } from './plugin-buses.js';

// The one state of this package: who says "the bus of this plugin" without a registry means the process's own.
let processBuses: PluginBuses | undefined;

/**
 * Holds the bus of a plugin in this process, with the default configuration: the same bus for all who hold it, disposed with the
 * last hold. A host that wants limits of its own makes its own registry with `createPluginBuses`.
 */
export function acquirePluginBus(pluginId: string): PluginBus {
  processBuses ??= createPluginBuses();
  return processBuses.acquire(pluginId);
}
