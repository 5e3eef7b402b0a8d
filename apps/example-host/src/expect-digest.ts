import type { ExecuteResult } from '@kb-labs/plugin-runtime';
import { z } from 'zod';
import { judge } from './judge.js';
import type { Verdict } from './verdict.js';

const count = z.int().min(0);

const digestSchema = z.object({
  review: z.object({ files: count, findings: count, read: count }).nullable(),
  links: z.object({ links: count, broken: count }).nullable(),
  dependencies: z.object({ manifests: count, packages: count }),
  command: z.string(),
  uri: z.string(),
});

/** A digest of what both plugins told. In a dry run nobody is heard by others, so neither was. */
export function expectDigest(dryRun: boolean): (result: ExecuteResult) => Verdict {
  return (result) =>
    judge(result, digestSchema, ({ review, links, dependencies, command, uri }) => {
      const told = [
        review === null ? 'no review' : `${review.findings} findings`,
        links === null ? 'no links' : `${links.broken} of ${links.links} links broken`,
      ];
      const isTold = [review, links].every((each) => (each === null) === dryRun);
      const isStored = result.operations.some(({ name, dryRun: dry }) => name === 'artifacts.write' && dry === dryRun);
      return {
        met: isTold && isStored && uri === 'artifact://release-digest/digests/latest.md',
        text: `told of ${told.join(', ')}; ${dependencies.packages} packages`,
        findings: [`${uri}: ${command}`],
      };
    });
}
