import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readWorkspaces } from '../src/source-tree.js';
import { repository } from './repository.js';
import { pluginFolder } from './scene.js';

// No clock: what is loaded is what a start costs. Each script runs in a process of its own and prints JSON.
const WATCH = `
  import { registerHooks } from 'node:module';
  let loaded = [];
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
  const builtins = new Set(process.moduleLoadList);
  const nameOf = (url) => /(?:.*\\/node_modules\\/|\\/packages\\/)((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1] ?? url;
  const loadedSince = () => [...new Set(loaded.splice(0).map(nameOf))].filter((name) => !name.startsWith('node:')).toSorted();
  const say = (value) => console.log(JSON.stringify(value));
`;
const FACADE = "const facade = await import('@kb-labs/plugin-runtime');";
const CONTEXT = `facade.createPluginContext({ capabilities: [], permissions: {}, requiredConfinement: 'none', pluginRoot: ${JSON.stringify(pluginFolder('shapes'))} })`;

describe('importing the facade', () => {
  it('loads two small files', async () => {
    const files = await run(`${WATCH} ${FACADE} say(loaded.map((url) => url.replace(/.*\\/(?=packages\\/)/, '')))`);
    expect(files).toEqual(['packages/runtime/dist/index.js', 'packages/contracts/dist/index.js', 'node:util/types']);
  });

  it('brings none of the parts of Node that cost most', async () => {
    const fresh = await run(`${WATCH} ${FACADE} say(process.moduleLoadList.filter((name) => !builtins.has(name)))`);
    expect(fresh).not.toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          / (_?http|https|net|tls|dns|crypto|fs|child_process|worker_threads|stream|internal\/deps\/undici)/,
        ),
      ]),
    );
  });
});

describe('the first use of a name', () => {
  it.each([
    ["facade.checkCapabilities(['fs.read'], [])", ['capabilities']],
    ["facade.checkCapabilities(['fs.read@^1'], [])", ['capabilities', 'semver']],
    ["facade.checkEnvPermission('A', { allow: [] })", ['ipaddr.js', 'permissions', 'zod']],
    [CONTEXT, ['capabilities', 'ipaddr.js', 'permissions', 'runtime', 'zod']],
    ['new facade.PermissionDeniedError({}, "not-granted")', []],
    ['facade.createSilentPresenter()', ['picocolors', 'presenters']],
  ])('loads what it is from: %s', async (use, packages) => {
    expect(await run(`${WATCH} ${FACADE} loadedSince(); ${use}; say(loadedSince())`)).toEqual(packages);
  });

  it('loads nothing for an execution that it does not use', async () => {
    const packages = await run(`${WATCH} ${FACADE}
      const { ok } = await facade.execute('./handlers.js#kinds', {}, ${CONTEXT});
      say(ok && loadedSince());`);
    expect(packages).toEqual(expect.arrayContaining(['host-api', 'sandbox']));
    for (const name of [
      'undici',
      'semver',
      'jsonc-parser',
      'uuid',
      'diagnostics',
      'analytics',
      'presenters',
      'redaction',
      'minimatch',
    ]) {
      expect(packages).not.toContain(name);
    }
  });

  it('says what to change where require() may not load ES modules', async () => {
    const script = `${FACADE} try { ${CONTEXT} } catch ({ code, hint }) { console.log(JSON.stringify([code, hint])) }`;
    expect(await run(script, ['--no-experimental-require-module'])).toEqual([
      'ERR_CONFIG_INVALID',
      expect.stringContaining('@kb-labs/plugin-runtime/eager'),
    ]);
    const eager = script.replace("import('@kb-labs/plugin-runtime')", "import('@kb-labs/plugin-runtime/eager')");
    expect(await run(`${eager} console.log('true')`, ['--no-experimental-require-module'])).toBe(true);
  });
});

describe('the names of the facade', () => {
  it('are the same late and at once', async () => {
    const [late, eager] = await Promise.all(
      ['@kb-labs/plugin-runtime', '@kb-labs/plugin-runtime/eager'].map((entry) =>
        run(`const facade = await import('${entry}');
          const shape = ([name, value]) => [name, typeof value, value.length, Object.getPrototypeOf(value)?.constructor.name];
          console.log(JSON.stringify(Object.entries(facade).map(shape)));`),
      ),
    );
    expect(late).toEqual(eager);
  });

  it('are, where they are classes and errors, those of the packages', async () => {
    const script = `${FACADE}
      const { ArtifactBroker, createMemoryArtifactStore } = await import('@kb-labs/artifacts');
      const { PermissionDeniedError } = await import('@kb-labs/permissions');
      const options = { store: facade.createMemoryArtifactStore(), pluginId: '@acme/a', rules: 'host' };
      class Mine extends facade.ArtifactBroker {}
      console.log(JSON.stringify([
        facade.PermissionDeniedError === PermissionDeniedError,
        new ArtifactBroker(options) instanceof facade.ArtifactBroker,
        new facade.ArtifactBroker(options) instanceof ArtifactBroker,
        new Mine(options) instanceof ArtifactBroker && new Mine(options) instanceof Mine,
        facade.ArtifactBroker.prototype === ArtifactBroker.prototype,
      ]));`;
    expect(await run(script)).toEqual([true, true, true, true, true]);
  });
});

describe('every entry of every package', () => {
  // The kits run in vitest, which nobody requires.
  const files = readWorkspaces(repository)
    .filter(({ manifest }) => manifest.name !== '@kb-labs/conformance')
    .flatMap(({ folder, manifest }) =>
      Object.values(manifest.exports ?? {}).flatMap((target) =>
        typeof target === 'string' || target['default'] === undefined
          ? []
          : join(repository, folder, target['default']),
      ),
    );

  it('can be required, so none waits at its top level', async () => {
    const script = `import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      const isEmpty = (file) => Object.keys(require(file)).length === 0;
      console.log(JSON.stringify(${JSON.stringify(files)}.filter((file) => isEmpty(file))));`;
    expect(await run(script)).toEqual([]);
  });
});

/** What a script prints, which has to be JSON; a warning or anything else on its standard error is a failure. */
async function run(script: string, flags: readonly string[] = []): Promise<unknown> {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [...flags, '--input-type=module', '-e', script],
    { cwd: new URL('..', import.meta.url), timeout: 20_000 },
  );
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}
