import { settledValue } from '@kb-labs/contracts';
import type { HandlerModule } from '@kb-labs/contracts';
import type { ModuleLoader } from '../wire/guest-run.js';

/** An export that is a function, called as it is. */
export type HandlerFunction = (...args: readonly unknown[]) => unknown;

/** What is needed to know a handler again: the same object each time, for only that is remembered. */
interface HandlerTask {
  readonly handler: HandlerModule;
  readonly inputSchema: unknown;
  readonly outputSchema: unknown;
  readonly outputParts: readonly unknown[];
}

/** Knows handlers whose modules are loaded, and that need nothing else of their plugin. */
export interface KnownHandlers {
  readonly load: ModuleLoader;
  /** What the module exports now; `undefined` for whatever must be loaded, looked at or refused by the ordinary way. */
  recall(task: HandlerTask): HandlerFunction | undefined;
}

// Captured before a plugin's code can replace it.
const { hasOwn } = Object;

/**
 * Makes the memory over a loader that loads each module once. It holds as many namespaces as the host holds references to handlers; a plugin has no
 * such reference, and can put nothing into it.
 */
export function createKnownHandlers(load: ModuleLoader): KnownHandlers {
  const namespaces = new WeakMap<HandlerModule, Readonly<Record<string, unknown>>>();
  const find = (handler: HandlerModule): Readonly<Record<string, unknown>> | undefined => {
    const namespace = settledValue(load(handler.file))?.value.namespace;
    // Which names a module exports is settled before it runs; what they stand for is read each time.
    if (namespace === undefined || !hasOwn(namespace, handler.export)) return undefined;
    namespaces.set(handler, namespace);
    return namespace;
  };
  return {
    load,
    recall({ handler, inputSchema, outputSchema, outputParts }) {
      if (inputSchema !== undefined || outputSchema !== undefined || outputParts.length > 0) return undefined;
      const namespace = namespaces.get(handler) ?? find(handler);
      const made = namespace?.[handler.export];
      return typeof made === 'function' ? (made as HandlerFunction) : undefined;
    },
  };
}
