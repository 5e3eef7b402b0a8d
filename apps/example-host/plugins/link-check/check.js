import { extractLinks } from './extract-links.js';

/**
 * @import { HandlerContext } from '@kb-labs/plugin-runtime'
 * @import { CheckInput } from './schemas.js'
 *
 * @typedef {'ok' | 'broken' | 'denied' | 'skipped'} Verdict
 * @typedef {{ readonly verdict: Verdict, readonly detail: string }} Answer
 * @typedef {Answer & { readonly file: string, readonly line: number, readonly target: string }} CheckedLink
 */

const AT_ONCE = 8;

/** Checks every link of the Markdown below the root, counts the answers, and publishes `links.done` to all plugins of the host. @param {CheckInput} input @param {HandlerContext} ctx */
export async function check({ name, maxLinks }, ctx) {
  const { analytics, events } = ctx;
  if (events === undefined) throw new Error('link-check needs the capability events.publish');
  const result = await checkFolder(maxLinks, ctx);
  const { files, links, counts } = result;
  analytics?.track('links.checked', { files, links, ...counts });
  await events.publish('links.done', { name, links, broken: counts.broken }, { scope: 'host' });
  return result;
}

/** @param {number} maxLinks @param {HandlerContext} ctx */
async function checkFolder(maxLinks, ctx) {
  const { fs } = ctx;
  if (fs === undefined) throw new Error('link-check needs the capability fs.read');
  const files = await fs.glob('**/*.md', { limit: 10_000 });
  /** @type {{ readonly file: string, readonly line: number, readonly target: string }[]} */
  const links = [];
  for (const file of files) {
    for (const link of extractLinks(await readDocument(file, ctx))) links.push({ file, ...link });
  }
  const looked = links.slice(0, maxLinks);
  const answer = remember(ctx);
  /** @type {CheckedLink[]} */
  const checked = [];
  for (let start = 0; start < looked.length; start += AT_ONCE) {
    const batch = looked.slice(start, start + AT_ONCE);
    checked.push(...(await Promise.all(batch.map(async (link) => ({ ...link, ...(await answer(link)) })))));
    ctx.progress(`${checked.length} of ${looked.length} links`, checked.length / looked.length);
  }
  return {
    files: files.length,
    links: links.length,
    notLookedAt: links.length - looked.length,
    counts: countVerdicts(checked),
    findings: checked.filter(({ verdict }) => verdict !== 'ok'),
  };
}

/** The text of a document; none where it has gone since it was listed. @param {string} file @param {HandlerContext} ctx */
async function readDocument(file, { fs, log }) {
  try {
    return (await fs?.readFile(file, 'utf8')) ?? '';
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_IO_FAILED')) throw error;
    log.warn(error.message);
    return '';
  }
}

/** Asks about each target once, however often it is linked to. @param {HandlerContext} ctx */
function remember(ctx) {
  /** @type {Map<string, Promise<Answer>>} */
  const known = new Map();
  /** @param {{ readonly file: string, readonly target: string }} link */
  return ({ file, target }) => {
    const isWeb = /^https?:\/\//iu.test(target);
    const key = isWeb ? stripFragment(target) : `${file}\n${target}`;
    const answer = known.get(key) ?? (isWeb ? followWeb(stripFragment(target), ctx) : followFile(file, target, ctx));
    known.set(key, answer);
    return answer;
  };
}

/** @param {string} url @param {HandlerContext} ctx @returns {Promise<Answer>} */
async function followWeb(url, ctx) {
  if (ctx.fetch === undefined) return { verdict: 'skipped', detail: 'there is no network' };
  try {
    const response = await ctx.fetch(url, { signal: ctx.signal });
    await response.body?.cancel();
    const moved = response.redirected ? `, moved to ${response.url}` : '';
    return { verdict: response.ok ? 'ok' : 'broken', detail: `${response.status}${moved}` };
  } catch (error) {
    return describeFailure(error);
  }
}

/** @param {string} file @param {string} target @param {HandlerContext} ctx @returns {Promise<Answer>} */
async function followFile(file, target, ctx) {
  if (/^[a-z][a-z0-9+.-]*:/iu.test(target)) return { verdict: 'skipped', detail: 'neither a file nor http' };
  const path = decodePath(stripFragment(target).split('?', 1)[0] ?? '');
  if (path === undefined) return { verdict: 'broken', detail: 'is not well encoded' };
  if (path === '') return { verdict: 'skipped', detail: 'a place in the document itself' };
  // On the web, a leading slash is the root of the site: here that of the folder.
  const folder = path.startsWith('/') ? [] : file.split('/').slice(0, -1);
  const place = resolve(folder, path.split('/'));
  if (place === undefined) return { verdict: 'denied', detail: 'leads out of the root' };
  try {
    const { kind } = (await ctx.fs?.stat(place)) ?? { kind: 'nothing' };
    return { verdict: 'ok', detail: kind };
  } catch (error) {
    return describeFailure(error);
  }
}

/** A path below the root, or `undefined` where it leads out. @param {string[]} folder @param {string[]} segments */
function resolve(folder, segments) {
  const path = [...folder];
  for (const segment of segments) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') path.push(segment);
    else if (path.pop() === undefined) return undefined;
  }
  return path.length === 0 ? '.' : path.join('/');
}

/** @param {unknown} error @returns {Answer} */
function describeFailure(error) {
  const { code = '', message = String(error) } = /** @type {{ code?: string, message?: string }} */ (error ?? {});
  return { verdict: code === 'ERR_PERMISSION_DENIED' ? 'denied' : 'broken', detail: message };
}

/** @param {string} path */
function decodePath(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    // A stray percent sign: no browser would find the file either.
    return undefined;
  }
}

/** @param {string} target */
function stripFragment(target) {
  return target.split('#', 1)[0] ?? '';
}

/** @param {readonly CheckedLink[]} links */
function countVerdicts(links) {
  const counts = { ok: 0, broken: 0, denied: 0, skipped: 0 };
  for (const { verdict } of links) counts[verdict] += 1;
  return counts;
}
