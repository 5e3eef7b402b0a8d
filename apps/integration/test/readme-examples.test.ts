import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertClaims, runnableBlocks } from '../src/readme-blocks.js';
import type { ReadmeBlock } from '../src/readme-blocks.js';
import { repository } from './repository.js';

// Every `ts` and `js` block of these files is run, unless its info string has `no-run`.
const examples = globSync(['README.md', 'docs/{performance,writing-a-host}.md', 'packages/*/README.md'], {
  cwd: repository,
}).flatMap((readme) =>
  runnableBlocks(readFileSync(join(repository, readme), 'utf8')).map((block) => ({ readme, ...block })),
);

describe('the examples in the READMEs', () => {
  it.for(examples)('run: $readme:$line', async (example) => {
    expect(await run(example)).toEqual({ exitCode: 0, stderr: '' });
  });

  it('are each ts and js block, except where it says no-run', () => {
    const markdown = '# x\n\n```ts\nlet a: 1;\n```\n```js no-run\nb\n```\n```sh\nc\n```\n```js\nd\n```\n';
    expect(runnableBlocks(markdown)).toEqual([
      { line: 3, language: 'ts', code: 'let a: 1;\n' },
      { line: 12, language: 'js', code: 'd\n' },
    ]);
  });

  it('have their claims held against what comes out', async () => {
    const block = (claim: string): ReadmeBlock => ({
      line: 1,
      language: 'js',
      code: `({ a: 1, b: [2] }); // ${claim}\n`,
    });
    expect((await run(block('{ a: 1, b: [2] }'))).exitCode).toBe(0);
    expect((await run(block('{ a: 1, … }'))).exitCode).toBe(0);
    expect((await run(block('{ a: 1 }'))).exitCode).toBe(1);
    expect((await run(block('{ a: 2, … }'))).exitCode).toBe(1);
    expect(assertClaims('f(); // what a person would say\n').claims).toBe(0);
    const claims = examples.map(({ code }) => assertClaims(code).claims);
    expect(claims.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(6);
  });

  it('may use types, top-level await and the packages of this workspace', async () => {
    const code = "const all: object = await import('@kb-labs/contracts');\nif (typeof all !== 'object') throw all;\n";
    expect(await run({ line: 1, language: 'ts', code })).toEqual({ exitCode: 0, stderr: '' });
  });

  it('are caught when they fail', async () => {
    const example = await run({ line: 1, language: 'js', code: "throw new Error('stale example');\n" });
    expect(example).toEqual({ exitCode: 1, stderr: expect.stringContaining('stale example') });
  });
});

async function run({ language, code }: ReadmeBlock): Promise<{ exitCode: unknown; stderr: string }> {
  // macOS keeps its temporary folder behind a link, and examples compare paths.
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'kb-labs-readme-')));
  try {
    await linkPackages(join(folder, 'node_modules'));
    const file = join(folder, `example.m${language}`);
    await writeFile(file, assertClaims(code).code);
    // What an example leaves in its temporary folder goes with the example.
    const temporary = join(folder, 'tmp');
    await mkdir(temporary);
    return await new Promise((resolve) => {
      const env = { ...process.env, NODE_NO_WARNINGS: '1', TMPDIR: temporary };
      const options = { cwd: folder, timeout: 15_000, env };
      execFile(process.execPath, [file], options, (error, _, stderr) => {
        resolve({ exitCode: error === null ? 0 : (error.code ?? error.signal), stderr });
      });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Links the packages of this workspace, and what they depend on, as if an application had installed them. */
async function linkPackages(nodeModules: string): Promise<void> {
  const links = new Map<string, string>();
  for (const manifest of globSync('packages/*/package.json', { cwd: repository })) {
    const folder = join(repository, dirname(manifest));
    const { name }: { name: string } = JSON.parse(readFileSync(join(repository, manifest), 'utf8'));
    for (const dependency of await installedIn(join(folder, 'node_modules'))) {
      if (!links.has(dependency)) links.set(dependency, join(folder, 'node_modules', dependency));
    }
    links.set(name, folder);
  }
  for (const [name, target] of links) {
    await mkdir(dirname(join(nodeModules, name)), { recursive: true });
    await symlink(await realpath(target), join(nodeModules, name), 'junction');
  }
}

async function installedIn(nodeModules: string): Promise<string[]> {
  if (!existsSync(nodeModules)) return [];
  const names = (await readdir(nodeModules)).filter((name) => !name.startsWith('.'));
  const scoped = names
    .filter((name) => name.startsWith('@'))
    .map(async (scope) => {
      return (await readdir(join(nodeModules, scope))).map((name) => `${scope}/${name}`);
    });
  return [...names.filter((name) => !name.startsWith('@')), ...(await Promise.all(scoped)).flat()];
}
