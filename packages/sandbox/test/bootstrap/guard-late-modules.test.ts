import { forkSandbox } from '@kb-labs/sandbox';
import { afterAll, expect, it } from 'vitest';
import { makePlugin, runOnce, valueOf } from '../fork/fork-scene.js';

const WAYS = `
import Module, { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const ways = {
  require: (name) => require(name),
  'require with its scheme': (name) => require('node:' + name),
  _load: (name) => Module._load('node:' + name),
  'a new module': (name) => new Module('x').require(name),
  getBuiltinModule: (name) => process.getBuiltinModule(name),
  import: (name) => import(name),
  'the default of an import': async (name) => (await import('node:' + name)).default,
  "the plugin's own name for it": (name) => import('#' + name),
};
export async function handle({ way, name, method, args }) {
  if (way === 'a named import') return tryIt((await import('./' + name + '.mjs')).method, args);
  return tryIt((await ways[way](name))[method], args);
}
function tryIt(method, args) {
  try {
    return String(method(...args));
  } catch (error) {
    return error.code;
  }
}
// Whoever guards late must not need what a plugin can replace.
Module.syncBuiltinESMExports = () => undefined;
`;
const plugin = makePlugin({
  'main.mjs': WAYS,
  'os.mjs': "export { setPriority as method } from 'os';",
  'v8.mjs': "export { setFlagsFromString as method } from 'node:v8';",
  'package.json': JSON.stringify({ imports: { '#os': 'os', '#v8': 'v8' } }),
});
const adapter = forkSandbox({ wall: 'off' });
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  plugin[Symbol.dispose]();
});

it.each([
  ['require'],
  ['require with its scheme'],
  ['_load'],
  ['a new module'],
  ['getBuiltinModule'],
  ['import'],
  ['the default of an import'],
  ["the plugin's own name for it"],
  ['a named import'],
])('what is taken out of os and v8 when they are loaded is not to be had by %s', async (way) => {
  const taken = [
    { name: 'os', method: 'setPriority', args: [0, 0] },
    { name: 'v8', method: 'setFlagsFromString', args: ['--stack-size=900'] },
  ];
  const got = await Promise.all(taken.map((each) => runOnce(adapter, plugin.root, { input: { way, ...each } })));
  expect(got.map(valueOf)).toEqual(['ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED']);
});
