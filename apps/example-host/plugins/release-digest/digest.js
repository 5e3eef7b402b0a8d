import { renderDigest } from './markdown.js';

/**
 * @import { EventEnvelope, HandlerContext } from '@kb-labs/plugin-runtime'
 * @import { DigestInput } from './schemas.js'
 *
 * @typedef {{ readonly files: number, readonly findings: number, readonly path: string }} ReviewDone
 * @typedef {{ readonly links: number, readonly broken: number }} LinksDone
 * @typedef {{ readonly file: string, readonly line: number, readonly severity: string, readonly message: string }} Finding
 * @typedef {{ readonly manifests: number, readonly packages: number, readonly duplicates: readonly unknown[] }} Dependencies
 * @typedef {{ readonly [Room in 'artifacts' | 'events' | 'invoke' | 'presenter' | 'shell']: NonNullable<HandlerContext[Room]> }} Rooms
 */

/** Waits for both plugins, asks a third, and writes what came of it. What nobody tells in time is left out, and said to be missing. @param {DigestInput} input @param {HandlerContext} ctx */
export async function digest({ name, waitMs }, ctx) {
  const rooms = openRooms(ctx);
  // Both are listened to before either is waited for.
  const [reviewed, linked] = await Promise.all([
    hear(rooms, { topic: 'review.done', from: 'code-review', name, waitMs }),
    hear(rooms, { topic: 'links.done', from: 'link-check', name, waitMs }),
  ]);
  const review = /** @type {ReviewDone | undefined} */ (reviewed);
  const links = /** @type {LinksDone | undefined} */ (linked);
  ctx.progress('both were told of', 0.5);
  const findings = review === undefined ? [] : await readFindings(rooms, review.path);
  const dependencies = await askForDependencies(rooms);
  ctx.progress('dependencies were reported', 0.8);

  const markdown = renderDigest({ name, review, findings, links, dependencies });
  const { uri } = await rooms.artifacts.write(`digests/${name}.md`, markdown, {
    contentType: 'text/markdown',
    version: '1.0.0',
  });
  const command = await countLines(rooms, markdown);
  await rooms.presenter.message(`The digest is at ${uri}: ${command}`, 'success');
  return {
    review: review === undefined ? null : { files: review.files, findings: review.findings, read: findings.length },
    links: links === undefined ? null : { links: links.links, broken: links.broken },
    dependencies,
    command,
    uri,
  };
}

/** @param {HandlerContext} ctx @returns {Rooms} */
function openRooms({ artifacts, events, invoke, presenter, shell }) {
  if (!artifacts || !events || !invoke || !presenter || !shell) {
    throw new Error('release-digest needs all the capabilities that its manifest requires');
  }
  return { artifacts, events, invoke, presenter, shell };
}

/**
 * What the event says, or `undefined` where nobody said it in time. Who sent it is stamped by the host, so nobody can speak for another.
 * @param {Rooms} rooms
 * @param {{ readonly topic: string, readonly from: string, readonly name: string, readonly waitMs: number }} wanted
 * @returns {Promise<unknown>}
 */
async function hear({ events }, { topic, from, name, waitMs }) {
  /** @param {EventEnvelope} event */
  const predicate = ({ sender, payload }) => {
    const said = /** @type {{ readonly name?: unknown } | null} */ (payload);
    return sender.kind === 'plugin' && sender.pluginId === from && said?.name === name;
  };
  try {
    return (await events.waitFor(topic, { scope: 'host', predicate, timeoutMs: waitMs })).payload;
  } catch (error) {
    if (codeOf(error) === 'ERR_EVENT_TIMEOUT') return undefined;
    throw error;
  }
}

/** @param {Rooms} rooms @param {string} path @returns {Promise<readonly Finding[]>} */
async function readFindings({ artifacts }, path) {
  const review = await artifacts.read(`artifact://code-review/${path}`, { as: 'json', minVersion: '1.0.0' });
  return /** @type {{ readonly findings: readonly Finding[] }} */ (review).findings;
}

/** @param {Rooms} rooms @returns {Promise<Dependencies>} */
async function askForDependencies({ invoke }) {
  const answer = await invoke({ target: 'dependency-report@^1:report', input: { title: 'Dependencies' } });
  return /** @type {{ readonly summary: Dependencies }} */ (answer).summary;
}

/** How many lines there are by `wc`, or why that is not known here. @param {Rooms} rooms @param {string} text */
async function countLines({ shell }, text) {
  try {
    const { exitCode, stdout, confinedBy } = await shell.run('/usr/bin/wc', ['-l'], { input: text });
    if (exitCode !== 0) return `wc ended with ${exitCode}`;
    return `${new TextDecoder().decode(stdout).trim()} lines, counted by wc in ${confinedBy ?? 'no wall'}`;
  } catch (error) {
    const code = codeOf(error);
    // Not every machine has this program, or a wall for it, and a dry run starts none.
    if (code === undefined || code === 'ERR_ABORTED') throw error;
    return `its lines were not counted (${code})`;
  }
}

/** @param {unknown} error @returns {string | undefined} */
function codeOf(error) {
  return /** @type {{ readonly code?: string } | undefined} */ (error)?.code;
}
