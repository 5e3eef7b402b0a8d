import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemoServers } from './demo-servers.js';
import type { DemoServers } from './demo-servers.js';

/** What the demo sets up for its plugins, and takes down again: sample files, secrets that nobody may see, two servers. */
export interface DemoScene extends AsyncDisposable {
  readonly servers: DemoServers;
  /** A folder with documents whose links lead to every kind of place. */
  readonly documents: string;
  /** A folder with one source in which lines 1, 2, 5 and 7 are to be found. */
  readonly sources: string;
  /** A folder of which `notes` is granted to the hostile plugin. */
  readonly prey: string;
  /** A file in `prey` that is not. */
  readonly secretPath: string;
  /** Where the hostile plugin tries to leave a file. */
  readonly plantPath: string;
  /** What stands in the secret file and in the host's environment. Neither may turn up anywhere. */
  readonly secrets: readonly string[];
  /** Files that have turned up in `prey` and in the watched folders since it was set up. */
  planted(): Promise<readonly string[]>;
}

const FORGOTTEN = `// TODO: find out why
debugger;
try {
  risky();
} catch {}
const text = 'debugger; eval("1")'; // Only a text.
eval(text);
`;
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
  const secrets = [`file-${randomUUID()}`, `environment-${randomUUID()}`] as const;
  onDispose(setVariable(VARIABLE, secrets[1]));

  const documents = join(folder, 'documents');
  await mkdir(documents);
  await writeFile(join(documents, 'links.md'), writeLinks(servers));
  await writeFile(join(documents, 'there.md'), '# There\n');

  const sources = join(folder, 'sources');
  await mkdir(sources);
  await writeFile(join(sources, 'forgotten.js'), FORGOTTEN);

  const prey = join(folder, 'prey');
  const secretPath = join(prey, 'secret.txt');
  await mkdir(join(prey, 'notes'), { recursive: true });
  await writeFile(secretPath, secrets[0]);
  await writeFile(join(prey, 'notes', 'today.txt'), 'Nothing of interest.\n');
  await symlink('../secret.txt', join(prey, 'notes', 'shortcut'));
  const before = new Set(await listFiles([prey, ...watched]));
  const planted = async (): Promise<readonly string[]> =>
    (await listFiles([prey, ...watched])).filter((file) => !before.has(file));
  return { servers, documents, sources, prey, secretPath, plantPath: join(prey, 'planted.txt'), secrets, planted };
}

/** One link for each thing that can become of one. */
function writeLinks({ granted, forbidden }: DemoServers): string {
  return `# Links

- [a page](${granted}/ok) and [one that is gone](${granted}/missing)
- [a page that has moved](${granted}/moved)
- [a page that leads to a forbidden host](${granted}/redirect)
- <${forbidden}/secret> is a host that nobody granted, and so is [the web][web].
- [a neighbour](there.md#there), [nobody](nobody.md) and [a way out](../../etc/passwd)

\`[code](${forbidden}/code)\` is no link.

[web]: https://example.com/
`;
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
