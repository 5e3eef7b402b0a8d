import type { CalleeGrant, ExecuteResult, InstalledPlugin, PermissionSpec } from '@kb-labs/plugin-runtime';
import type { DemoScene } from './demo-scene.js';
import type { Verdict } from './verdict.js';

/** One execution that the demo will ask for: what it grants, and what should come of it. */
export interface PlannedRun {
  readonly label: string;
  readonly plugin: InstalledPlugin;
  readonly handler: string;
  readonly input: unknown;
  /** The folder that the grant is relative to. */
  readonly root: string;
  readonly grant: PermissionSpec;
  /** What is granted to plugins that it invokes. */
  readonly callees?: Readonly<Record<string, CalleeGrant>>;
  /** Whether it is too dangerous where nothing confines it. */
  readonly hostile?: boolean;
  /** Whether it changes nothing, also where the others do. */
  readonly dryRun?: boolean;
  /** What it is told when it asks. Default: no. */
  readonly answer?: boolean;
  /** Subscriptions after which it listens. Runs that announce something do not begin before. */
  readonly subscriptions?: number;
  readonly announces?: boolean;
  readonly judge: (result: ExecuteResult) => Verdict | Promise<Verdict>;
}

/** A run of a plugin that is still to be said. */
export type RunPlan = Omit<PlannedRun, 'plugin'>;

/** What plans are made from. */
export interface PlanFacts {
  /** The folder to examine. */
  readonly folder: string;
  readonly dryRun: boolean;
  readonly scene: DemoScene;
}
