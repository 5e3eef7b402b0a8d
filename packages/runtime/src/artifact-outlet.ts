import type {
  ArtifactAccess,
  ArtifactDeclaration,
  ArtifactInfo,
  ArtifactRules,
  ArtifactStore,
  QuotaMeter,
} from '@kb-labs/contracts';

/** What one execution has to write, and where to. */
interface ArtifactJob {
  readonly declarations: readonly ArtifactDeclaration[];
  readonly output: unknown;
  readonly store: ArtifactStore;
  readonly pluginId: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly meter: QuotaMeter;
  readonly signal: AbortSignal;
}

/** Stores artifacts, and hands them out. The engine knows artifacts by this interface alone. */
export interface ArtifactOutlet {
  /** Throws `ERR_ARTIFACT_PATH_INVALID` for a path template that could not be rendered, before anything runs. */
  check(declarations: readonly ArtifactDeclaration[], variables: Readonly<Record<string, string>>): void;
  write(job: ArtifactJob): Promise<readonly ArtifactInfo[]>;
  /** The runtime's own folder below a root, with the embedded store in it. Plugins never see it. */
  folderFor(root: string): string;
  /**
   * The store of the runtime, or the embedded one for this root, which writes nothing before it is asked to. Throws `ERR_PERMISSION_DENIED`
   * where a link stands in the place of its folder.
   */
  storeFor(root: string): ArtifactStore;
  /** A store that shows what is written to it over what is in another, and writes nothing there. */
  overlay(store: ArtifactStore): ArtifactStore;
  /** What one plugin may do with a store. All rules must allow. */
  accessFor(store: ArtifactStore, pluginId: string, rules: readonly ArtifactRules[]): ArtifactAccess;
}
