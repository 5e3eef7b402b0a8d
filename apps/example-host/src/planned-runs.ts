import type { ExecuteResult, InstalledPlugin, PermissionSpec } from '@kb-labs/plugin-runtime';
import type { DemoScene } from './demo-scene.js';
import {
  expectEnd,
  expectEscapesRefused,
  expectOk,
  expectReport,
  expectReview,
  expectSampleLinks,
  expectSampleReview,
  expectTreeLinks,
} from './expectations.js';
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
  /** Whether it is too dangerous where nothing confines it. */
  readonly hostile: boolean;
  readonly judge: (result: ExecuteResult) => Verdict;
}

type RunPlan = Omit<PlannedRun, 'plugin'>;

/** Capabilities that this host has to give. A plugin that asks for others is refused. */
export const GRANTED_CAPABILITIES: readonly string[] = ['fs.read', 'fs.write', 'net.fetch'];

// Beside what the manifests leave out themselves: what was built or measured, and what the demo has stored.
const READ_SOURCES: PermissionSpec = {
  fs: {
    mode: 'read',
    allow: ['.'],
    deny: ['**/node_modules/**', '**/dist/**', '**/coverage/**', '**/.git/**', '**/.artifacts/**'],
  },
};

/** What to do with a plugin: the known ones are put to the test, of any other each handler is run on the folder. */
export function planRuns(plugin: InstalledPlugin, folder: string, scene: DemoScene): readonly PlannedRun[] {
  const plans: Readonly<Record<string, () => readonly RunPlan[]>> = {
    'dependency-report': () => [planReport(folder)],
    'code-review': () => planReviews(folder, scene),
    'link-check': () => planLinkChecks(folder, scene),
    hostile: () => planAttacks(scene),
  };
  const { id, handlers } = plugin.manifest;
  const plan = Object.hasOwn(plans, id) ? plans[id] : undefined;
  const runs = plan?.() ?? Object.keys(handlers).map((handler) => planUnknown(id, handler, folder));
  return runs.map((run) => ({ ...run, plugin }));
}

function planReport(folder: string): RunPlan {
  return {
    label: 'dependency-report',
    handler: 'report',
    input: { title: 'Dependencies' },
    root: folder,
    grant: READ_SOURCES,
    hostile: false,
    judge: expectReport,
  };
}

function planReviews(folder: string, { sources }: DemoScene): readonly RunPlan[] {
  const common = { handler: 'review', input: {}, grant: READ_SOURCES, hostile: false };
  return [
    { ...common, label: 'code-review', root: folder, judge: expectReview },
    { ...common, label: 'code-review (sample)', root: sources, judge: expectSampleReview },
  ];
}

function planLinkChecks(folder: string, scene: DemoScene): readonly RunPlan[] {
  const { servers, documents } = scene;
  const common = { handler: 'check', input: {}, hostile: false };
  return [
    { ...common, label: 'link-check', root: folder, grant: READ_SOURCES, judge: expectTreeLinks },
    {
      ...common,
      label: 'link-check (sample)',
      root: documents,
      grant: { fs: { mode: 'read', allow: ['.'] }, net: { allow: loopbackRules(servers.grantedPort) } },
      judge: expectSampleLinks(servers),
    },
  ];
}

function planAttacks(scene: DemoScene): readonly RunPlan[] {
  const { prey, servers, secretPath, plantPath } = scene;
  const grant: PermissionSpec = {
    fs: { mode: 'read', allow: ['notes'] },
    net: { allow: loopbackRules(servers.grantedPort) },
    quotas: { timeoutMs: 10_000, cpuMs: 10_000, memoryMb: 96 },
  };
  const input = {
    secretPath,
    plantPath,
    forbiddenUrl: `${servers.forbidden}/secret`,
    redirectUrl: `${servers.granted}/redirect`,
    hostPid: process.pid,
  };
  const common = { root: prey, grant, hostile: true, input: {} };
  const spinning = { ...grant, quotas: { ...grant.quotas, timeoutMs: 1_000 } };
  return [
    { ...common, label: 'hostile escape', handler: 'escape', input, judge: expectEscapesRefused },
    { ...common, label: 'hostile garble', handler: 'garble', judge: expectEnd('ERR_PROTOCOL') },
    { ...common, label: 'hostile hoard', handler: 'hoard', judge: expectEnd('ERR_MEMORY_EXCEEDED') },
    { ...common, label: 'hostile spin', handler: 'spin', grant: spinning, judge: expectEnd('ERR_TIMEOUT') },
  ];
}

function planUnknown(id: string, handler: string, folder: string): RunPlan {
  return {
    label: `${id} ${handler}`,
    handler,
    input: {},
    root: folder,
    grant: READ_SOURCES,
    hostile: false,
    judge: expectOk,
  };
}

/** A name, and the addresses that it may mean: a private address is reached only where a rule names it. */
function loopbackRules(port: number): readonly string[] {
  return [`http://localhost:${port}`, `http://127.0.0.1:${port}`, `http://[::1]:${port}`];
}
