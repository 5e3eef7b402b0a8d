import { findDuplicates, readNpmLock, readPnpmLock } from './lockfile.js';
import { renderMarkdown } from './markdown.js';

/**
 * @import { HandlerContext } from '@kb-labs/plugin-runtime'
 * @import { LockedPackage } from './lockfile.js'
 * @import { ReportInput } from './schemas.js'
 *
 * @typedef {object} Manifest
 * @property {string} path
 * @property {string} name
 * @property {string | undefined} license
 * @property {number} dependencies How many it declares, of every kind.
 */

const LOCKFILES = { 'pnpm-lock.yaml': readPnpmLock, 'package-lock.json': readNpmLock };
const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

/** Reads the manifests and the lockfile below the root. @param {ReportInput} input @param {HandlerContext} ctx */
export async function report({ title }, ctx) {
  const { fs } = ctx;
  if (fs === undefined) throw new Error('dependency-report needs the capability fs.read');
  ctx.progress('looking for manifests', 0);
  const paths = await fs.glob('**/package.json', { limit: 10_000 });
  /** @type {Manifest[]} */
  const manifests = [];
  /** @type {string[]} */
  const unreadable = [];
  for (const [index, path] of paths.entries()) {
    ctx.progress(path, index / (paths.length + 1));
    const manifest = await readManifest(path, fs);
    if (manifest === undefined) unreadable.push(path);
    else manifests.push(manifest);
  }
  const lock = await readLock(fs, ctx);
  const duplicates = findDuplicates(lock.packages);
  const facts = { title, manifests, unreadable, lock, duplicates, licences: countLicences(manifests, lock.packages) };
  ctx.progress('done', 1);
  return {
    markdown: renderMarkdown(facts),
    summary: {
      manifests: manifests.length,
      lockfile: lock.file ?? null,
      packages: lock.packages.length,
      duplicates,
      licences: facts.licences,
      unreadable,
    },
  };
}

/** @param {string} path @param {NonNullable<HandlerContext['fs']>} fs @returns {Promise<Manifest | undefined>} */
async function readManifest(path, fs) {
  try {
    const json = JSON.parse(await fs.readFile(path, 'utf8'));
    const declared = KINDS.flatMap((kind) => Object.keys(json[kind] ?? {}));
    return {
      path,
      name: typeof json.name === 'string' ? json.name : path,
      license: typeof json.license === 'string' ? json.license : undefined,
      dependencies: new Set(declared).size,
    };
  } catch (error) {
    // A fixture may be broken on purpose, and a file may go while we look. Either is listed as unreadable.
    if (error instanceof SyntaxError || error instanceof TypeError || isIoError(error)) return undefined;
    throw error;
  }
}

/** @param {unknown} error */
function isIoError(error) {
  return error instanceof Error && 'code' in error && error.code === 'ERR_IO_FAILED';
}

/**
 * @param {NonNullable<HandlerContext['fs']>} fs
 * @param {HandlerContext} ctx
 * @returns {Promise<{ readonly file: string | undefined, readonly packages: readonly LockedPackage[], readonly problem: string | undefined }>}
 */
async function readLock(fs, ctx) {
  const present = new Set((await fs.readDir('.')).map(({ name }) => name));
  for (const [file, read] of Object.entries(LOCKFILES)) {
    if (!present.has(file)) continue;
    const text = await fs.readFile(file, 'utf8');
    try {
      return { file, packages: read(text), problem: undefined };
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      ctx.log.warn('the lockfile cannot be read', { file, problem });
      return { file, packages: [], problem };
    }
  }
  return { file: undefined, packages: [], problem: undefined };
}

/**
 * Licences with how many packages say so. What a lockfile does not tell is `unknown`: installed packages are not read.
 * @param {readonly Manifest[]} manifests
 * @param {readonly LockedPackage[]} packages
 * @returns {Readonly<Record<string, number>>}
 */
function countLicences(manifests, packages) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { license = 'unknown' } of [...manifests, ...packages])
    counts.set(license, (counts.get(license) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
