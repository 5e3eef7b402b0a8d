import { builtin, load, tryAll } from './attempts.mjs';

const { default: path } = await builtin('path');
const { pathToFileURL } = await builtin('url');
// Asked for by each attempt: where the module itself is refused, each of them is.
const fs = new Proxy({}, { get: (_, name) => load('node:fs')[name] });
const here = import.meta.dirname;
const text = (bytes) => Buffer.from(bytes).toString('latin1');

async function drain(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return text(Buffer.concat(parts));
}

const reads = {
  'fs.readFile': ({ secret }) =>
    new Promise((resolve, reject) => {
      fs.readFile(secret, 'utf8', (error, data) => (error ? reject(error) : resolve(data)));
    }),
  'fs.readFileSync': ({ secret }) => fs.readFileSync(secret, 'utf8'),
  'fs/promises': async ({ secret }) => await (await import('node:fs/promises')).readFile(secret, 'utf8'),
  'a path with ..': ({ secret }) => fs.readFileSync(`${here}/../outside/${path.basename(secret)}`, 'utf8'),
  'a path through /proc/self/root': ({ secret }) => fs.readFileSync(`/proc/self/root${secret}`, 'utf8'),
  'a Buffer as path': ({ secret }) => fs.readFileSync(Buffer.from(secret), 'utf8'),
  'a URL as path': ({ secret }) => fs.readFileSync(pathToFileURL(secret), 'utf8'),
  'process.chdir': ({ secret }) => {
    const before = process.cwd();
    process.chdir(path.dirname(secret));
    try {
      return fs.readFileSync(path.basename(secret), 'utf8');
    } finally {
      process.chdir(before);
    }
  },
  createReadStream: ({ secret }) => drain(fs.createReadStream(secret)),
  'fs.open and read': ({ secret }) => {
    const buffer = Buffer.alloc(256);
    const size = fs.readSync(fs.openSync(secret, 'r'), buffer);
    return text(buffer.subarray(0, size));
  },
  'fs.readdir': ({ secret }) => fs.readdirSync(path.dirname(secret)).join(),
  'fs.opendir': async ({ secret }) => {
    const names = [];
    for await (const { name } of fs.opendirSync(path.dirname(secret))) names.push(name);
    return names.join();
  },
  'fs.glob': ({ secret }) => fs.globSync('*', { cwd: path.dirname(secret) }).join(),
  'fs.openAsBlob': async ({ secret }) => await (await fs.openAsBlob(secret)).text(),
  'import of a module': async ({ module }) => (await import(pathToFileURL(module).href)).secret,
  'require of a module': ({ common }) => load(common).secret,
  'import of JSON': async ({ json }) =>
    (await import(pathToFileURL(json).href, { with: { type: 'json' } })).default.secret,
  'process.loadEnvFile': ({ dotenv }) => {
    process.loadEnvFile(dotenv);
    return process.env.KB_CONFORMANCE_DOTENV;
  },
  'node:sqlite': async ({ database }) => {
    const { DatabaseSync } = await import('node:sqlite');
    const opened = new DatabaseSync(database, { readOnly: true });
    const { secret } = opened.prepare('select secret from secrets').get();
    opened.close();
    return secret;
  },
  'a symlink of its own': ({ secret, target }) => {
    fs.symlinkSync(secret, target);
    return fs.readFileSync(target, 'utf8');
  },
  'a relative symlink of its own': ({ secret, target }) => {
    fs.symlinkSync(path.relative(path.dirname(target), secret), target);
    return fs.readFileSync(target, 'utf8');
  },
  'a hard link of its own': ({ secret, target }) => {
    fs.linkSync(secret, target);
    return fs.readFileSync(target, 'utf8');
  },
  'fs.copyFile': ({ secret, target }) => {
    fs.copyFileSync(secret, target);
    return fs.readFileSync(target, 'utf8');
  },
  'fs.cp': ({ secret, target }) => {
    fs.cpSync(secret, target);
    return fs.readFileSync(target, 'utf8');
  },
  'the sibling with the same prefix': ({ sibling }) => fs.readFileSync(sibling, 'utf8'),
  '/etc/passwd': () => fs.readFileSync('/etc/passwd', 'utf8'),
};

const writes = {
  'fs.writeFile outside': ({ target }) => fs.writeFileSync(target, 'x'),
  'fs.writeFile in the plugin': ({ target }) => fs.writeFileSync(target, 'x'),
  'fs.writeFile in /tmp': ({ target }) => fs.writeFileSync(target, 'x'),
  'fs.writeFile in /dev/shm': ({ target }) => fs.writeFileSync(target, 'x'),
  'fs.writeFile in the working directory': ({ target }) => fs.writeFileSync(path.basename(target), 'x'),
  'fs.promises.writeFile': ({ target }) => fs.promises.writeFile(target, 'x'),
  createWriteStream: ({ target }) =>
    new Promise((resolve, reject) => {
      fs.createWriteStream(target).on('error', reject).end('x', resolve);
    }),
  'fs.open for writing': ({ target }) => fs.openSync(target, 'w'),
  'fs.mkdir': ({ target }) => fs.mkdirSync(target),
  'fs.mkdtemp': ({ target }) => fs.mkdtempSync(target),
  'fs.symlink outside': ({ target }) => fs.symlinkSync('/', target),
  'fs.appendFile': ({ victim }) => fs.appendFileSync(victim, 'x'),
  'fs.truncate': ({ victim }) => fs.truncateSync(victim, 0),
  'fs.rename': ({ victim }) => fs.renameSync(victim, `${victim}.moved`),
  'fs.unlink': ({ victim }) => fs.unlinkSync(victim),
  'fs.rm': ({ victim }) => fs.rmSync(victim, { force: true }),
  'fs.chmod': ({ victim }) => fs.chmodSync(victim, 0o777),
  'fs.utimes': ({ victim }) => fs.utimesSync(victim, 1, 1),
  'process.report.writeReport': ({ target }) => {
    process.report.directory = path.dirname(target);
    return process.report.writeReport(path.basename(target));
  },
  'v8.writeHeapSnapshot': async ({ target }) => (await import('node:v8')).writeHeapSnapshot(target),
  'module.enableCompileCache': async ({ target }) => {
    const { enableCompileCache, flushCompileCache } = await import('node:module');
    enableCompileCache(target);
    await import('./never-used.mjs');
    flushCompileCache();
    return 'enabled';
  },
  'a database of node:sqlite': async ({ target }) => {
    const { DatabaseSync } = await import('node:sqlite');
    const opened = new DatabaseSync(target);
    opened.exec('create table t (a)');
    opened.close();
  },
};

// Not documented, or documented as something else.
const tricks = {
  'a link in the plugin that leads out': ({ link }) => fs.readFileSync(link, 'utf8'),
  'a link in the plugin to a folder': ({ folderLink, secret }) =>
    fs.readFileSync(path.join(folderLink, path.basename(secret)), 'utf8'),
  'process.binding': ({ secret }) => process.binding('fs').readFileUtf8(secret, 0),
  'bytes with a traversal': ({ secret }) =>
    fs.readFileSync(new TextEncoder().encode(`${here}/../outside/${path.basename(secret)}`), 'utf8'),
  'a path that changes': ({ secret }) => {
    let asked = 0;
    const shifty = Object.assign(Buffer.from(secret), {
      toString: () => (asked++ === 0 ? import.meta.filename : secret),
    });
    return fs.readFileSync(shifty, 'utf8');
  },
  'a patched path.resolve': ({ secret }) =>
    patched(
      path,
      'resolve',
      () => import.meta.filename,
      () => fs.readFileSync(secret, 'utf8'),
    ),
  'a patched path.toNamespacedPath': ({ secret }) =>
    patched(
      path,
      'toNamespacedPath',
      () => import.meta.filename,
      () => fs.readFileSync(secret, 'utf8'),
    ),
  'a patched process.permission.has': ({ secret }) => {
    if (process.permission === undefined) throw new Error('no permission model');
    return patched(
      process.permission,
      'has',
      () => true,
      () => fs.readFileSync(secret, 'utf8'),
    );
  },
  'descriptors of the host': () => {
    const found = [];
    for (let fd = 4; fd < 64; fd += 1) found.push(readDescriptor(fd));
    return found.join('');
  },
  '/proc/<host>/fd': ({ hostPid }) =>
    fs
      .readdirSync(`/proc/${hostPid}/fd`)
      .map((fd) => quietly(() => fs.readlinkSync(`/proc/${hostPid}/fd/${fd}`)))
      .join(),
  '/proc/<host>/root': ({ hostPid, secret }) => fs.readFileSync(`/proc/${hostPid}/root${secret}`, 'utf8'),
  'a trace file': async ({ target }) => {
    const { createTracing } = await import('node:trace_events');
    quietly(() => process.chdir(path.dirname(target)));
    createTracing({ categories: ['node.fs.sync'] }).enable();
    fs.existsSync(target);
    await new Promise((resolve) => setTimeout(resolve, 300));
  },
};

function readDescriptor(fd) {
  return quietly(() => {
    // Positioned, so that a pipe refuses rather than waits.
    const buffer = Buffer.alloc(256);
    return text(buffer.subarray(0, fs.readSync(fd, buffer, 0, 256, 0)));
  });
}

function quietly(read) {
  try {
    return read();
  } catch {
    // Not this one; the next one may be open.
    return '';
  }
}

function patched(target, name, value, work) {
  const before = target[name];
  target[name] = value;
  try {
    return work();
  } finally {
    target[name] = before;
  }
}

export const attempts = { ...reads, ...writes, ...tricks };

export const run = (tasks) => tryAll(attempts, tasks);
