import { MAX_PLUGIN_ID, PLUGIN_ID_PATTERN } from '@kb-labs/contracts';
import { z } from 'zod';
import { MAX_RANGE } from './plugin-id.js';
import { semver } from './late-semver.js';

/** Who runs, where no manifest says it. Where one does, the two must agree. */
export interface PluginIdentity {
  readonly id: string;
  readonly version: string;
}

/** The two fields, as a manifest and a context write them. */
export const pluginIdentityShape: {
  readonly id: z.ZodType<string>;
  readonly version: z.ZodType<string>;
} = {
  id: z.string().max(MAX_PLUGIN_ID).regex(PLUGIN_ID_PATTERN, 'write a name as npm does: name or @scope/name'),
  version: z
    .string()
    .max(MAX_RANGE)
    .refine((version) => semver().valid(version) === version, 'write a semantic version, such as 1.0.0'),
};
