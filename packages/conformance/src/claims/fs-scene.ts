import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Where the scene is set: the plugin's folder, and the one around it, which is not the plugin's. */
export interface FsSceneOptions {
  /** The folder that holds the plugin and what it must not see. */
  readonly around: string;
  readonly root: string;
  readonly canary: string;
}

/** Files with secrets in them, and places where writing would show. */
export interface FsScene extends AsyncDisposable {
  /** Words that stand in files alone: whoever says them has read one. */
  readonly secrets: readonly string[];
  /** Paths that all attempts are told. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** A target and a victim for one attempt, so that harm can be laid at its door. */
  placesFor(name: string): FsPlaces;
  /** What an attempt by this name, with these facts, has done, or `undefined`. */
  harmAt(name: string, facts: Readonly<Record<string, unknown>>): Promise<string | undefined>;
}

interface FsPlaces {
  readonly target: string;
  readonly victim: string;
}

const UNTOUCHED = 'untouched';

/** Lays the scene out. Disposing removes what guests wrote beyond it. */
export async function createFsScene({ around, root, canary }: FsSceneOptions): Promise<FsScene> {
  const outside = join(around, 'outside');
  mkdirSync(outside);
  const { named, facts } = layOut({ outside, root, canary });
  // Held open for as long as the guests run: a descriptor that they inherit, or a list of them, would show it.
  const held = openSync(named, 'r');
  const before = await listPlaces(root);
  const targets: string[] = [];
  return {
    secrets: [canary, ...passwdLine()],
    facts,
    placesFor(name) {
      const target = join(folderFor(name, { outside, root }), `kb-conformance-${randomUUID()}`);
      const victim = join(outside, `victim-${randomUUID()}`);
      writeFileSync(victim, UNTOUCHED, { mode: 0o600 });
      targets.push(target);
      return { target, victim };
    },
    harmAt: findHarm,
    async [Symbol.asyncDispose]() {
      closeSync(held);
      await Promise.all(targets.map((target) => removeAll(target)));
      const strays = (await listPlaces(root)).filter(
        (path) => !before.includes(path) && /node_trace|kb-conf/.test(path),
      );
      await Promise.all(strays.map((path) => rm(path, { recursive: true, force: true })));
    },
  };
}

interface SceneFiles {
  /** Path of the file whose name nobody is told. */
  readonly named: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

function layOut({
  outside,
  root,
  canary,
}: {
  readonly outside: string;
  readonly root: string;
  readonly canary: string;
}): SceneFiles {
  const write = (path: string, text: string): string => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const secret = write(join(outside, 'secret.txt'), canary);
  // A name that is a secret as well, and that no guest is told: for those that list folders.
  const named = write(join(outside, `${canary}.txt`), canary);
  const database = join(outside, 'secrets.db');
  const made = new DatabaseSync(database);
  made.exec(`create table secrets (secret text); insert into secrets values ('${canary}')`);
  made.close();
  const link = join(root, 'leads-out.txt');
  const folderLink = join(root, 'leads-out');
  symlinkSync(secret, link);
  symlinkSync(outside, folderLink);
  const facts = {
    hostPid: process.pid,
    secret,
    database,
    link,
    folderLink,
    module: write(join(outside, 'module.mjs'), `export const secret = '${canary}';`),
    common: write(join(outside, 'module.cjs'), `exports.secret = '${canary}';`),
    json: write(join(outside, 'data.json'), JSON.stringify({ secret: canary })),
    dotenv: write(join(outside, 'dotenv'), `KB_CONFORMANCE_DOTENV=${canary}`),
    sibling: write(join(`${root}-sibling`, 'secret.txt'), canary),
  };
  return { named, facts };
}

function passwdLine(): readonly string[] {
  try {
    const [line = ''] = readFileSync('/etc/passwd', 'utf8').split('\n');
    return line.length > 0 ? [line] : [];
  } catch {
    // No such file on this platform, so nothing to find in it.
    return [];
  }
}

const NAMED_PLACES: Readonly<Record<string, string>> = {
  'fs.writeFile in /tmp': tmpdir(),
  'fs.writeFile in /dev/shm': '/dev/shm',
  'fs.writeFile in the working directory': '.',
};
/** They copy or link into the plugin's own folder, and read it there. */
const INTO_PLUGIN = /of its own$|^fs\.c(opyFile|p)$|in the plugin$/;

function folderFor(name: string, places: { readonly outside: string; readonly root: string }): string {
  return NAMED_PLACES[name] ?? (INTO_PLUGIN.test(name) ? places.root : places.outside);
}

async function findHarm(attempt: string, facts: Readonly<Record<string, unknown>>): Promise<string | undefined> {
  const { target, victim, link } = facts;
  if (typeof target !== 'string' || typeof victim !== 'string' || typeof link !== 'string') return undefined;
  const isTrace = attempt === 'a trace file';
  const folders = [
    ...(target.includes('/') ? [dirname(target)] : []),
    ...(isTrace || !target.includes('/') ? [process.cwd(), dirname(link)] : []),
  ];
  const name = isTrace ? 'node_trace' : target.slice(target.lastIndexOf('/') + 1);
  for (const folder of folders) {
    // `mkdtemp` and moves add to the name.
    const found = (await readdirIfThere(folder)).find((entry) => entry.startsWith(name));
    if (found !== undefined) return `wrote ${join(folder, found)}`;
  }
  return describeVictim(victim);
}

function describeVictim(victim: string): string | undefined {
  try {
    const { mode, mtimeMs } = statSync(victim);
    if (readFileSync(victim, 'utf8') !== UNTOUCHED) return 'changed a file';
    if ((mode & 0o777) !== 0o600) return 'changed the mode of a file';
    return mtimeMs < 10_000 ? 'changed the times of a file' : undefined;
  } catch {
    // It was there when the attempt began.
    return 'removed or moved a file';
  }
}

async function listPlaces(root: string): Promise<readonly string[]> {
  const folders = [process.cwd(), root];
  return (
    await Promise.all(folders.map(async (folder) => (await readdirIfThere(folder)).map((name) => join(folder, name))))
  ).flat();
}

async function readdirIfThere(folder: string): Promise<readonly string[]> {
  try {
    return (await stat(folder)).isDirectory() ? await readdir(folder) : [];
  } catch {
    // A place that this platform does not have.
    return [];
  }
}

async function removeAll(target: string): Promise<void> {
  const folder = dirname(target);
  const name = target.slice(target.lastIndexOf('/') + 1);
  const left = (await readdirIfThere(folder)).filter((entry) => entry.startsWith(name));
  await Promise.all(left.map((entry) => rm(join(folder, entry), { recursive: true, force: true })));
}
