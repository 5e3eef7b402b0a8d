import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const builtin = (name) => process.getBuiltinModule(name);

async function settle(attempt) {
  try {
    return { got: String(await attempt()) };
  } catch (error) {
    return { code: String(error?.code ?? error?.name) };
  }
}

async function each(attempts) {
  const outcomes = {};
  for (const [name, attempt] of Object.entries(attempts)) outcomes[name] = await settle(attempt);
  return outcomes;
}

const text = (value) => JSON.stringify(value);

/** Every way to variables that Node has of its own. */
export async function dumps() {
  return await each({
    'process.env': () => text(Object.entries(process.env)),
    'process.env with for-in': () => {
      const names = [];
      for (const name in process.env) names.push(name);
      return text(names);
    },
    'env of node:process': async () => text(Object.entries((await import('node:process')).env)),
    'globalThis.process.env': () => text({ ...globalThis.process.env }),
    'util.inspect': () => builtin('node:util').inspect(process.env, { showHidden: true, depth: 5 }),
    structuredClone: () => text(structuredClone({ ...process.env })),
    'process.report': () => text(process.report.getReport()),
    'process.config': () => text([process.config, process.argv, process.execArgv, process.title]),
    'os.userInfo': () => text(builtin('node:os').userInfo()),
    'process.binding': () => text(process.binding('process_wrap')),
    'a new realm': () => text(new (builtin('node:vm').Script)('typeof process').runInNewContext()),
  });
}

/** Files of /proc that hold an environment, a command line or memory. */
export async function readsProc({ hostPid }) {
  const { readFileSync, readdirSync, readlinkSync } = require('node:fs');
  const pids = ['self', 'thread-self', String(process.ppid), String(hostPid), '1'];
  const attempts = {};
  for (const pid of pids) {
    for (const file of ['environ', 'cmdline', 'maps', 'mem', 'auxv', 'cwd/package.json', 'root/etc/passwd']) {
      attempts[`/proc/${pid}/${file}`] = () => readFileSync(`/proc/${pid}/${file}`, 'latin1');
    }
    attempts[`/proc/${pid}/fd`] = () =>
      text(readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`)));
  }
  return await each(attempts);
}

/** Ways to load or write files with variables or memory in them. */
export async function usesFiles({ file, out }) {
  const v8 = builtin('node:v8');
  return await each({
    'process.loadEnvFile': () => (process.loadEnvFile(file), text(Object.keys(process.env))),
    'util.parseEnv of the file': () =>
      text(builtin('node:util').parseEnv(require('node:fs').readFileSync(file, 'utf8'))),
    'v8.writeHeapSnapshot': () => v8.writeHeapSnapshot(`${out}.heapsnapshot`),
    'v8.writeHeapSnapshot here': () => v8.writeHeapSnapshot(),
    'v8.setHeapSnapshotNearHeapLimit': () => (v8.setHeapSnapshotNearHeapLimit(1), 'set'),
    'process.report.writeReport': () => process.report.writeReport(`${out}.report`),
    'v8.startCpuProfile': () => (
      v8.takeCoverage(),
      require('node:fs')
        .readdirSync('.')
        .filter((name) => name.startsWith('coverage'))
        .join() || Promise.reject(new Error('none'))
    ),
  });
}

/** Which of these bytes its own memory has, as V8 shows it. They are no strings, so that the question is not what is found. */
export async function searchesHeap({ needles }) {
  const found = needles.map(() => false);
  let seen = Buffer.alloc(0);
  for await (const chunk of builtin('node:v8').getHeapSnapshot()) {
    seen = Buffer.concat([seen.subarray(-200), chunk]);
    for (const [index, codes] of needles.entries()) found[index] ||= seen.includes(Buffer.from(codes));
  }
  return found;
}

/** Reads what it can of each descriptor, and tells what kind it is. */
export function readsDescriptors() {
  const fs = require('node:fs');
  const found = {};
  for (let fd = 0; fd < 256; fd += 1) {
    try {
      const stat = fs.fstatSync(fd);
      const kind = stat.isFile()
        ? 'file'
        : stat.isDirectory()
          ? 'folder'
          : stat.isSocket()
            ? 'socket'
            : stat.isFIFO()
              ? 'pipe'
              : 'other';
      found[fd] = { kind, size: stat.size, text: kind === 'file' ? fs.readFileSync(fd, 'utf8').slice(0, 200) : '' };
    } catch {
      // Not open, or not to be looked at.
    }
  }
  return found;
}

export function aborts() {
  process.abort();
}

export async function isWatched({ url }, ctx) {
  return (await ctx.fetch(url)).status;
}
