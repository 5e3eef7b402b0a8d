import { settledWith } from '@kb-labs/contracts';
import type { ModuleLoader } from './guest-run.js';
import type { GuestModules } from './messages.js';

/** Loads each module once. What failed is tried again. */
export function rememberModules(load: ModuleLoader): ModuleLoader {
  // As many as the host has named: the guest names none.
  const loaded = new Map<string, ReturnType<ModuleLoader>>();
  return (file) => {
    const known = loaded.get(file);
    if (known !== undefined) return known;
    const loading = load(file);
    loaded.set(file, loading);
    loading.then(
      (module) => loaded.set(file, settledWith(module)),
      () => loaded.delete(file),
    );
    return loading;
  };
}

/** Loads what a run would, in the order in which a run would, and looks at nothing in it. */
export async function preloadModules(modules: GuestModules, load: ModuleLoader): Promise<void> {
  const { handler, inputSchema, outputSchema, outputParts } = modules;
  const named = [handler, inputSchema, outputSchema, ...outputParts.map(({ schema }) => schema)];
  for (const module of named) if (module !== undefined) await load(module.file);
}
