import type { ArtifactDeclaration } from './artifacts.js';
import type { PermissionSpec } from './permission-spec.js';

/** A handler by its place, `./file.js#export`, with the places of its Standard Schemas, if it has any. */
export interface HandlerDeclaration {
  readonly handler: string;
  readonly input?: string;
  readonly output?: string;
  readonly description?: string;
}

/** What a plugin says of itself (`kb.plugin/1`). It asks; it never grants itself anything. */
export interface PluginManifest {
  readonly schema: 'kb.plugin/1';
  /** `name` or `@scope/name`, as npm names packages. */
  readonly id: string;
  /** Semantic version. */
  readonly version: string;
  readonly displayName?: string;
  readonly description?: string;
  /** `runtime`: the versions of the runtime that it works with, as a semver range. */
  readonly engines: { readonly runtime: string };
  readonly handlers: Readonly<Record<string, HandlerDeclaration>>;
  readonly capabilities?: readonly string[];
  readonly permissions?: PermissionSpec;
  readonly artifacts?: readonly ArtifactDeclaration[];
  /** Whether several of its runs may be under way in one process, where the host lets a process serve several (`isolation: 'plugin'`). */
  readonly reentrant?: boolean;
}

/** A plugin that a registry knows: its manifest and the folder of its code. */
export interface InstalledPlugin {
  readonly manifest: PluginManifest;
  readonly root: string;
}

/** Finds plugins by id. `range` is a semver range; the highest version in it wins. */
export interface PluginRegistry {
  find(id: string, range: string): Promise<InstalledPlugin | undefined>;
}
