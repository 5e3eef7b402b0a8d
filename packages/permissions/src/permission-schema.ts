import { EVENT_SCOPES } from '@kb-labs/contracts';
import type { PermissionSpec } from '@kb-labs/contracts';
import { z } from 'zod';
import { parseArtifactGlob, parseArtifactOwner, parseMediaRange } from './artifact-rule.js';
import { parseEnvRule } from './env-rule.js';
import { parseFsRule } from './fs-rule.js';
import { parseInvokeRule } from './invoke-rule.js';
import { parseNetRule } from './net-rule.js';
import { quotaNames, quotaRange } from './quotas.js';
import { allowAndDeny, optional, reason, ruleText, ruleTexts } from './rule-schema.js';
import { MAX_RULES } from './section.js';
import { shellRule, tooManyForOneCommand } from './shell-rule-schema.js';
import { parseConsumedTopics, parseProducedTopics } from './topic-rule.js';

// Entries are looked up in a tree; globs are tried one by one.
const MAX_FILE_GLOBS = 256;
/** As many as a bus takes. */
const MAX_TOPICS = 256;
const MAX_ARTIFACT_PATHS = 64;

/** The keys of each object in a spec, for those who misspell one. `*` stands for each entry of a list. */
export const SPEC_KEYS: Readonly<Record<string, readonly string[]>> = Object.freeze({
  '': ['fs', 'net', 'env', 'artifacts', 'events', 'invoke', 'shell', 'quotas'],
  '/fs': ['mode', 'allow', 'deny', 'reason'],
  '/net': ['allow', 'deny', 'reason'],
  '/env': ['allow', 'deny', 'reason'],
  '/artifacts': ['read', 'write', 'reason'],
  '/artifacts/read/*': ['from', 'paths', 'types'],
  '/artifacts/write/*': ['paths', 'types'],
  '/events': ['produce', 'consume', 'scopes', 'reason'],
  '/invoke': ['allow', 'deny', 'reason'],
  '/shell': ['allow', 'reason'],
  '/shell/allow/*': ['command', 'args', 'interpreter'],
  '/quotas': quotaNames(),
});

const artifactTexts = {
  paths: ruleTexts(parseArtifactGlob).min(1).max(MAX_ARTIFACT_PATHS),
  types: ruleTexts(parseMediaRange).min(1).max(MAX_ARTIFACT_PATHS).exactOptional(),
};

/** Strict: an unknown key is an issue. Fits `z.toJSONSchema`; the fine rules of each pattern show only when parsed. */
export const permissionSpecSchema: z.ZodType<PermissionSpec> = z.strictObject({
  fs: optional(
    z.strictObject({ mode: z.enum(['read', 'readWrite']), ...allowAndDeny(parseFsRule, tooManyGlobs), reason }),
  ),
  net: optional(z.strictObject({ ...allowAndDeny(parseNetRule), reason })),
  env: optional(z.strictObject({ ...allowAndDeny(parseEnvRule), reason })),
  artifacts: optional(
    z.strictObject({
      read: optional(z.array(z.strictObject({ from: ruleText(parseArtifactOwner), ...artifactTexts })).max(MAX_RULES)),
      write: optional(z.array(z.strictObject(artifactTexts)).max(MAX_RULES)),
      reason,
    }),
  ),
  events: optional(
    z.strictObject({
      produce: optional(ruleTexts(parseProducedTopics).max(MAX_TOPICS)),
      consume: optional(ruleTexts(parseConsumedTopics).max(MAX_TOPICS)),
      scopes: optional(z.array(z.enum(EVENT_SCOPES)).max(EVENT_SCOPES.length)),
      reason,
    }),
  ),
  invoke: optional(z.strictObject({ ...allowAndDeny(parseInvokeRule), reason })),
  shell: optional(
    z.strictObject({ allow: optional(z.array(shellRule).max(MAX_RULES).superRefine(tooManyForOneCommand)), reason }),
  ),
  quotas: optional(z.strictObject(quotaShape())),
});

function tooManyGlobs(rules: readonly string[]): string | undefined {
  const count = rules.filter((rule) => /[*?]/.test(rule)).length;
  return count > MAX_FILE_GLOBS ? `has ${count} globs; write entries, or at most ${MAX_FILE_GLOBS} globs` : undefined;
}

function quotaShape(): Record<string, z.ZodExactOptional<z.ZodNumber>> {
  const entries = quotaNames().map((name) => {
    const { min, max } = quotaRange(name);
    return [name, z.int().min(min).max(max).exactOptional()] as const;
  });
  return Object.fromEntries(entries);
}
