import { realpathSync, statSync } from 'node:fs';
import { createError } from '@kb-labs/contracts';
import type { ConfinementTable, PermissionSpec } from '@kb-labs/contracts';
import { confinementTable } from './confinement.js';
import { parseContextOptions } from './context-options.js';
import type { ParsedContextOptions, PluginContextOptions } from './context-options.js';
import type { PluginIdentity } from './plugin-identity.js';

/** What a host grants, frozen. Made by `createPluginContext` alone: an object that only looks like one is refused. */
export interface PluginContext {
  readonly capabilities: readonly string[];
  readonly permissions: PermissionSpec;
  /** Real path. */
  readonly root: string;
  /** Real path. */
  readonly pluginRoot: string;
  readonly plugin: PluginIdentity | undefined;
}

/** All that a context holds. Only the engine reads it, so that the variables show in no log of the context. */
export interface ContextSettings extends Omit<ParsedContextOptions, 'root' | 'pluginRoot' | 'requiredConfinement'> {
  readonly root: string;
  readonly pluginRoot: string;
  readonly requiredConfinement: ConfinementTable | undefined;
}

/**
 * Fixes what a host grants. Synchronous; the data is copied and frozen, so a later change of the options changes nothing. An
 * unknown option, a rule that cannot be read and a folder that is not there throw `ERR_CONFIG_INVALID`.
 */
export function createPluginContext(options: PluginContextOptions): PluginContext {
  const parsed = parseContextOptions(options);
  const settings: ContextSettings = {
    ...parsed,
    root: realFolder(parsed.root ?? process.cwd(), 'root'),
    pluginRoot: realFolder(parsed.pluginRoot ?? process.cwd(), 'pluginRoot'),
    requiredConfinement:
      parsed.requiredConfinement === undefined ? undefined : confinementTable(parsed.requiredConfinement),
  };
  return new HostContext(Object.freeze(settings));
}

/** What a context holds. Throws `ERR_CONFIG_INVALID` for anything that `createPluginContext` did not make. */
export function settingsOf(context: unknown): ContextSettings {
  const settings = HostContext.settingsOf(context);
  if (settings !== undefined) return settings;
  throw createError('ERR_CONFIG_INVALID', 'the context was not made by createPluginContext', {
    hint: 'hand in createPluginContext({ capabilities, permissions })',
  });
}

class HostContext implements PluginContext {
  readonly capabilities: readonly string[];
  readonly permissions: PermissionSpec;
  readonly root: string;
  readonly pluginRoot: string;
  readonly plugin: PluginIdentity | undefined;
  readonly #settings: ContextSettings;

  constructor(settings: ContextSettings) {
    this.capabilities = settings.capabilities;
    this.permissions = settings.permissions;
    this.root = settings.root;
    this.pluginRoot = settings.pluginRoot;
    this.plugin = settings.plugin;
    this.#settings = settings;
    Object.freeze(this);
  }

  static settingsOf(context: unknown): ContextSettings | undefined {
    return typeof context === 'object' && context !== null && #settings in context ? context.#settings : undefined;
  }
}

function realFolder(path: string, option: string): string {
  try {
    const real = realpathSync.native(path);
    if (statSync(real).isDirectory()) return real;
  } catch (cause) {
    throw noFolder(option, cause);
  }
  throw noFolder(option, undefined);
}

function noFolder(option: string, cause: unknown): Error {
  return createError('ERR_CONFIG_INVALID', `the option "${option}" is not a folder that can be read`, {
    details: { pointer: `/${option}` },
    hint: `make the folder first, and hand in its absolute path as ${option}`,
    cause,
  });
}
