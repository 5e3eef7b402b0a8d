import type { HandlerContext } from '@kb-labs/plugin-runtime';
import { reviewSource } from './rules.ts';
import type { Finding } from './rules.ts';
import type { ReviewInput } from './schemas.ts';

/** What a review came to. */
export interface Review {
  readonly files: number;
  /** Files beyond the first 4 000, which were not reviewed. */
  readonly notReviewed: number;
  readonly lines: number;
  /** By rule. */
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  /** Findings beyond the first 200, which are counted and not listed. */
  readonly more: number;
}

// Each pattern is one walk over the tree: four find js, mjs, cjs, jsx and the same of TypeScript, among others.
const PATTERNS = ['**/*.?s', '**/*.?js', '**/*.?ts', '**/*.?sx'];
const SOURCE = /\.(?:[mc]?[jt]s|[jt]sx)$/u;
const MAX_FILES = 4_000;
const MAX_FILE_BYTES = 1_000_000;
const MAX_LISTED = 200;

/** Reviews what it may see, keeps the review as `reviews/<name>.json`, and publishes `review.done` to all plugins of the host. */
export async function review({ name }: ReviewInput, ctx: HandlerContext): Promise<Review> {
  const { artifacts, events } = ctx;
  if (artifacts === undefined) throw new Error('code-review needs the capability artifacts.write');
  if (events === undefined) throw new Error('code-review needs the capability events.publish');
  const result = await reviewFolder(ctx);
  const path = `reviews/${name}.json`;
  await artifacts.write(path, result, { version: '1.0.0' });
  const { files, findings, more } = result;
  await events.publish('review.done', { name, files, findings: findings.length + more, path }, { scope: 'host' });
  return result;
}

/** Reads every source that the grant lets it see, and tells how far it is after each. */
async function reviewFolder(ctx: HandlerContext): Promise<Review> {
  const { fs } = ctx;
  if (fs === undefined) throw new Error('code-review needs the capability fs.read');
  ctx.progress('looking for sources', 0);
  const listed = await Promise.all(PATTERNS.map((pattern) => fs.glob(pattern, { limit: 10_000 })));
  const sources = listed
    .flat()
    .filter((file) => SOURCE.test(file))
    .sort();
  const files = sources.slice(0, MAX_FILES);
  const found: Finding[] = [];
  let lines = 0;
  let reviewed = 0;
  for (const [index, file] of files.entries()) {
    ctx.progress(file, index / files.length);
    const text = await readSource(file, ctx);
    if (text === undefined) continue;
    reviewed += 1;
    lines += text.split('\n').length - 1;
    found.push(...reviewSource(file, text));
  }
  ctx.progress(`${reviewed} files`, 1);
  return {
    files: reviewed,
    notReviewed: sources.length - files.length,
    lines,
    counts: countByRule(found),
    findings: found.slice(0, MAX_LISTED),
    more: Math.max(0, found.length - MAX_LISTED),
  };
}

/** The text, or `undefined` for what is too large to be source, or has gone since it was listed. */
async function readSource(file: string, { fs, log }: HandlerContext): Promise<string | undefined> {
  try {
    const { size } = (await fs?.stat(file)) ?? { size: 0 };
    if (size <= MAX_FILE_BYTES) return await fs?.readFile(file, 'utf8');
    log.warn('a file is too large to be source', { file, size });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_IO_FAILED')) throw error;
    log.warn(error.message);
  }
  return undefined;
}

function countByRule(findings: readonly Finding[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { rule } of findings) counts[rule] = (counts[rule] ?? 0) + 1;
  return counts;
}
