import Module, { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { tryAll } from './attempts.js';

const require = createRequire(import.meta.url);
const builtin = (name) => process.getBuiltinModule(name);
const { eval: indirect } = globalThis;
const names = (value) => Object.keys(value).join();

/** Each way to load a module that Node has. */
const WAYS = {
  import: (name) => import(name),
  'import of a URL': (name) => import(`node:${name}`),
  require: (name) => require(name),
  'a require of another folder': (name) => createRequire('/usr/lib/')(name),
  'a require of a URL': (name) => createRequire('file:///usr/lib/x.js')(`node:${name}`),
  getBuiltinModule: (name) => builtin(name),
  'getBuiltinModule of a shifty name': (name) => {
    let asked = 0;
    const found = builtin({ toString: () => (asked++ === 0 ? 'fs' : name) });
    return found === builtin('fs') ? {} : found;
  },
  'Module._load': (name) => Module._load(name, null, false),
  'Module.prototype.require': (name) => Reflect.apply(Module.prototype.require, new Module('made'), [name]),
  'a compiled module': (name) => {
    const made = new Module(import.meta.filename);
    made.filename = import.meta.filename;
    made._compile(`module.exports = require(${JSON.stringify(name)})`, import.meta.filename.replace('.js', '.cjs'));
    return made.exports;
  },
  'a module of data': (name) => import(`data:text/javascript,export * from ${JSON.stringify(`node:${name}`)}`),
  'a script with the default loader': (name) => {
    const { constants, Script } = builtin('vm');
    const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
    return new Script(`import(${JSON.stringify(name)})`, { importModuleDynamically }).runInThisContext();
  },
  eval: (name) => indirect(`import(${JSON.stringify(name)})`),
  Function: (name) => new Function('name', 'return import(name)')(name),
  'a REPL': async (name) => {
    const { start } = await import('node:repl');
    const { PassThrough } = builtin('stream');
    return start({ input: new PassThrough(), output: new PassThrough() }).context[name];
  },
  'imports of the package': (name) => import(`#${name}`),
  'once the methods are replaced': async (name) => {
    const before = [Set.prototype.has, Map.prototype.has, RegExp.prototype.test, String.prototype.startsWith];
    const set = (has, hasKey, test, startsWith) => {
      Object.assign(Set.prototype, { has });
      Object.assign(Map.prototype, { has: hasKey });
      Object.assign(RegExp.prototype, { test });
      Object.assign(String.prototype, { startsWith });
    };
    const no = () => false;
    set(no, no, no, no);
    try {
      return require(name);
    } finally {
      set(...before);
    }
  },
};

/** Network modules by each way. None of the names may have been seen. */
export async function loads({ modules }) {
  const found = [];
  for (const name of modules) {
    for (const [way, load] of Object.entries(WAYS)) {
      try {
        if (Object.keys((await load(name)) ?? {}).length > 0) found.push(`${name} by ${way}`);
      } catch {
        // Refused, or not to be had.
      }
    }
  }
  return { ways: Object.keys(WAYS).length, found };
}

/** Modules that load, and do nothing. */
export const spawns = async ({ node }) => {
  const waysToSpawn = {
    spawn: ({ spawn }) => new Promise((resolve, reject) => spawn(node, ['-v']).on('error', reject).on('exit', resolve)),
    spawnSync: ({ spawnSync }) => {
      const { error, status } = spawnSync(node, ['-v']);
      if (error !== undefined) throw error;
      return status;
    },
    exec: ({ exec }) => new Promise((resolve, reject) => exec('true', (error) => (error ? reject(error) : resolve()))),
    execSync: ({ execSync }) => execSync('true'),
    execFileSync: ({ execFileSync }) => execFileSync(node, ['-v']),
    fork: ({ fork }) => fork(import.meta.filename).pid,
    'a handle': ({ ChildProcess }) => new ChildProcess()._handle.spawn({ file: node, args: [node, '-v'], stdio: [] }),
    'ChildProcess.prototype.spawn': ({ ChildProcess }) =>
      new ChildProcess().spawn({ file: node, args: [node, '-v'], envPairs: [], stdio: 'ignore' }),
  };
  const loaded = {
    import: await import('node:child_process'),
    require: createRequire(import.meta.url)('node:child_process'),
    getBuiltinModule: builtin('child_process'),
  };
  const attempts = {};
  for (const [how, module] of Object.entries(loaded))
    for (const [name, spawn] of Object.entries(waysToSpawn)) attempts[`${name} by ${how}`] = () => spawn(module);
  return await tryAll(attempts);
};

export const hooks = () =>
  tryAll({
    register: () => Module.register('data:text/javascript,export const resolve = (a, b, next) => next(a, b)'),
    'register by import': async () => (await import('node:module')).register('data:text/javascript,'),
    registerHooks: () => Module.registerHooks({}),
    'registerHooks by import': async () => (await import('node:module')).registerHooks({}),
    'registerHooks by require': () => require('node:module').registerHooks({}),
    'the class of Module': () => new Module('made').constructor.registerHooks({}),
  });

/** A module, JSON and text outside of the plugin, and whether one learns that they are there. */
export const outside = ({ module, json, text }) =>
  tryAll({
    import: async () => (await import(pathToFileURL(module).href)).secret,
    'import of JSON': async () => (await import(pathToFileURL(json).href, { with: { type: 'json' } })).default.secret,
    require: () => require(module).secret,
    'require of JSON': () => require(json).secret,
    'a loader of Module': () => {
      const made = new Module('made');
      Module._extensions['.json'](made, json);
      return made.exports.secret;
    },
    'a loader for any name': () => {
      const made = new Module('made');
      Module._extensions['.js'](made, text);
      return names(made.exports);
    },
    'Module.prototype.load': () => {
      const made = new Module('made');
      made.load(module);
      return made.exports.secret;
    },
    NODE_PATH: () => {
      process.env.NODE_PATH = module.replace(/\/[^/]*$/, '');
      Module._initPaths();
      return require('outside.cjs').secret;
    },
    'a file of variables': () => process.loadEnvFile(text),
    'a source map': () => {
      process.setSourceMapsEnabled(true);
      Module.setSourceMapsSupport?.(true, { nodeModules: true, generatedCode: true });
      const made = new Module(import.meta.filename);
      made.filename = import.meta.filename;
      const file = import.meta.filename.replace('.js', '.mapped.cjs');
      made._compile(
        `module.exports = () => { throw new Error('mapped') }\n//# sourceMappingURL=${pathToFileURL(json)}`,
        file,
      );
      const found = Module.findSourceMap(file);
      if (found === undefined) throw new Error('no map');
      return found.payload.secret;
    },
    'a script of another name': () => builtin('vm').runInThisContext('secret', { filename: text }),
    'a snapshot of a test': async () => {
      const { test } = await import('node:test');
      let outcome = 'not run';
      await test('attempt', (context) => {
        try {
          context.assert.fileSnapshot({ secret: 1 }, text);
          outcome = 'read';
        } catch (error) {
          outcome = error.code ?? error.name;
        }
      });
      if (outcome !== 'read') throw Object.assign(new Error(), { code: outcome });
      return outcome;
    },
  });

/** Paths that exist, out of those that it is asked for. */
export function probes({ paths }) {
  return paths.filter((path) => {
    try {
      return require.resolve(path) === path;
    } catch {
      return false;
    }
  });
}

export const madeCode = async () => ({
  eval: typeof indirect('process'),
  Function: typeof new Function('return process')(),
  'this context': typeof builtin('vm').runInThisContext('process'),
  'a module of data': typeof (await import('data:text/javascript,export default process')).default,
  'reads outside': await tryAll(
    Object.fromEntries(
      [
        'globalThis.eval',
        'process.getBuiltinModule("vm").runInThisContext',
        'process.getBuiltinModule("vm").runInNewContext',
      ].map((how) => [
        how,
        () => indirect(how)(`(process) => process.getBuiltinModule("fs").readFileSync("/etc/passwd")`)(process),
      ]),
    ),
  ),
  'imports outside': await tryAll({
    data: async () =>
      (await import('data:text/javascript,export default process.getBuiltinModule("fs").readFileSync("/etc/passwd")'))
        .default,
  }),
});
