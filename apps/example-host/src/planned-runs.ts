import type { InstalledPlugin } from '@kb-labs/plugin-runtime';
import { expectDigest } from './expect-digest.js';
import { expectTidyFolder, expectTidySample, expectUntouched } from './expect-tidy.js';
import {
  expectOk,
  expectReport,
  expectReview,
  expectSampleLinks,
  expectSampleReview,
  expectTreeLinks,
} from './expectations.js';
import { CHANGE_SOURCES, KEEP_REVIEWS, loopbackRules, READ_SOURCES, SUM_UP, TELL_OF_LINKS } from './grants.js';
import { planAttacks } from './plan-attacks.js';
import type { PlanFacts, PlannedRun, RunPlan } from './planned-run.js';

// The longest that a review of a large folder may take; in a dry run nobody is heard, and so nobody is waited for.
const WAIT_MS = 15_000;
const DRY_WAIT_MS = 50;

/** What to do with each plugin: the known ones are put to the test, of any other each handler is run on the folder. Those that listen come first. */
export function planRuns(plugins: readonly InstalledPlugin[], facts: PlanFacts): readonly PlannedRun[] {
  const runs = plugins.flatMap((plugin) => planPlugin(plugin, facts).map((run) => ({ ...run, plugin })));
  return runs.toSorted((a, b) => (b.subscriptions ?? 0) - (a.subscriptions ?? 0));
}

function planPlugin(plugin: InstalledPlugin, facts: PlanFacts): readonly RunPlan[] {
  const plans: Readonly<Record<string, (facts: PlanFacts) => readonly RunPlan[]>> = {
    'dependency-report': planReport,
    'code-review': planReviews,
    'link-check': planLinkChecks,
    'release-digest': planDigest,
    tidy: planTidying,
    hostile: planAttacks,
  };
  const { id, handlers } = plugin.manifest;
  const plan = Object.hasOwn(plans, id) ? plans[id] : undefined;
  return plan?.(facts) ?? Object.keys(handlers).map((handler) => planUnknown(id, handler, facts));
}

function planReport({ folder }: PlanFacts): readonly RunPlan[] {
  const label = 'dependency-report';
  const input = { title: 'Dependencies' };
  return [{ label, handler: 'report', input, root: folder, grant: READ_SOURCES, judge: expectReport }];
}

function planReviews({ folder, scene }: PlanFacts): readonly RunPlan[] {
  const common = { handler: 'review', grant: { ...READ_SOURCES, ...KEEP_REVIEWS }, announces: true };
  const sample = { input: { name: 'sample' }, root: scene.sources, judge: expectSampleReview };
  return [
    { ...common, label: 'code-review', input: {}, root: folder, judge: expectReview },
    { ...common, label: 'code-review (sample)', ...sample },
  ];
}

function planLinkChecks({ folder, scene }: PlanFacts): readonly RunPlan[] {
  const { servers, documents } = scene;
  const common = { handler: 'check', announces: true };
  const web = { fs: { mode: 'read', allow: ['.'] }, net: { allow: loopbackRules(servers.grantedPort) } } as const;
  return [
    {
      ...common,
      label: 'link-check',
      input: {},
      root: folder,
      grant: { ...READ_SOURCES, ...TELL_OF_LINKS },
      judge: expectTreeLinks,
    },
    {
      ...common,
      label: 'link-check (sample)',
      input: { name: 'sample' },
      root: documents,
      grant: { ...web, ...TELL_OF_LINKS },
      judge: expectSampleLinks(servers),
    },
  ];
}

function planDigest({ folder, dryRun }: PlanFacts): readonly RunPlan[] {
  return [
    {
      label: 'release-digest',
      handler: 'digest',
      input: { waitMs: dryRun ? DRY_WAIT_MS : WAIT_MS },
      root: folder,
      grant: SUM_UP,
      // It may read nothing itself, so what it invokes gets a grant of its own.
      callees: { 'dependency-report': { capabilities: ['fs.read'], permissions: READ_SOURCES, authority: 'own' } },
      subscriptions: 2,
      judge: expectDigest(dryRun),
    },
  ];
}

function planTidying({ folder, dryRun, scene }: PlanFacts): readonly RunPlan[] {
  const common = { handler: 'tidy', grant: CHANGE_SOURCES };
  const { untidy, asked } = scene;
  const input = { config: 'settings.json' };
  return [
    { ...common, label: 'tidy', input: {}, root: folder, dryRun: true, answer: true, judge: expectTidyFolder(folder) },
    {
      ...common,
      label: 'tidy (sample)',
      input,
      root: untidy,
      answer: true,
      judge: expectTidySample(untidy, dryRun),
    },
    { ...common, label: 'tidy (told no)', input, root: asked, judge: expectUntouched(asked) },
  ];
}

function planUnknown(id: string, handler: string, { folder }: PlanFacts): RunPlan {
  return { label: `${id} ${handler}`, handler, input: {}, root: folder, grant: READ_SOURCES, judge: expectOk };
}
