import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemoServers } from './demo-servers.js';
import type { DemoServers } from './demo-servers.js';
import { UNTIDY_FILES, writeForgotten, writeLinks } from './scene-files.js';

/** What the demo sets up for its plugins, and takes down again: sample files, secrets that nobody may see, two servers. */
export interface DemoScene extends AsyncDisposable {
  readonly servers: DemoServers;
  /** A folder with documents whose links lead to every kind of place. */
  readonly documents: string;
  /** A folder with one source that has something to find, and a token in it. */
  readonly sources: string;
  /** A folder with documents to be tidied. */
  readonly untidy: string;
  /** The same once more, to be left as it is. */
  readonly asked: string;
  /** An empty folder for what the host records. */
  readonly records: string;
  /** A folder of which `notes` is granted to the hostile plugin. */
  readonly prey: string;
  /** A file in `prey` that is not. */
  readonly secretPath: string;
  /** Where the hostile plugin tries to leave a file. */
  readonly plantPath: string;
  /** A link in the granted folder, to a shell. */
  readonly shellLink: string;
  /** What stands in the secret file, in the host's environment and in the sample of a source. None may turn up anywhere. */
  readonly secrets: readonly string[];
  /** Files that have turned up in `prey` and in the watched folders since it was set up. */
  planted(): Promise<readonly string[]>;
}

const VARIABLE = 'KB_DEMO_SECRET';

/** Sets the scene, and takes down what is in the watched folders. Disposing removes the folder, closes the servers and restores the environment. */
export async function setDemoScene(watched: readonly string[]): Promise<DemoScene> {
  const closers: (() => void | Promise<void>)[] = [];
  const dispose = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    return { ...(await build(watched, (close) => closers.push(close))), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function build(
  watched: readonly string[],
  onDispose: (close: () => void | Promise<void>) => void,
): Promise<Omit<DemoScene, keyof AsyncDisposable>> {
  const servers = await startDemoServers();
  onDispose(async () => servers[Symbol.asyncDispose]());
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'kb-demo-')));
  onDispose(() => rm(folder, { recursive: true, force: true }));
  const secrets = [`file-${randomUUID()}`, `environment-${randomUUID()}`, makeToken()] as const;
  onDispose(setVariable(VARIABLE, secrets[1]));

  const documents = join(folder, 'documents');
  await writeFiles(documents, { 'links.md': writeLinks(servers), 'there.md': '# There\n' });
  const sources = join(folder, 'sources');
  await writeFiles(sources, { 'forgotten.js': writeForgotten(secrets[2]) });
  const [untidy, asked] = [join(folder, 'untidy'), join(folder, 'asked')];
  await Promise.all([untidy, asked].map((place) => writeFiles(place, UNTIDY_FILES)));

  const records = join(folder, 'records');
  await mkdir(records);

  const prey = join(folder, 'prey');
  const notes = join(prey, 'notes');
  await writeFiles(prey, { 'secret.txt': secrets[0] });
  await writeFiles(notes, { 'today.txt': 'Nothing of interest.\n' });
  await symlink('../secret.txt', join(notes, 'shortcut'));
  await symlink('/bin/sh', join(notes, 'shell'));
  const before = new Set(await listFiles([prey, ...watched]));
  const planted = async (): Promise<readonly string[]> =>
    (await listFiles([prey, ...watched])).filter((file) => !before.has(file));
  return {
    servers,
    documents,
    sources,
    untidy,
    asked,
    records,
    prey,
    secretPath: join(prey, 'secret.txt'),
    plantPath: join(prey, 'planted.txt'),
    shellLink: join(notes, 'shell'),
    secrets,
    planted,
  };
}

/** One of a known form, so that whoever masks secrets can find it. */
function makeToken(): string {
  return `ghp_${randomUUID().replaceAll('-', '')}${randomUUID().slice(0, 4)}`;
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
}

async function listFiles(folders: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    folders.map(async (folder) => (await readdir(folder, { recursive: true })).map((name) => join(folder, name))),
  );
  return lists.flat();
}

/** Sets a variable of this process. What it gives back puts the old value there again. */
function setVariable(name: string, value: string): () => void {
  const before = process.env[name];
  process.env[name] = value;
  return () => {
    if (before === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = before;
  };
}
