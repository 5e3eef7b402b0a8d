import { forkSandbox } from '@kb-labs/sandbox';
import { afterAll, describe, expect, it } from 'vitest';
import { makePlugin, runOnce, ways } from '../fork/fork-scene.js';

const broken = 'export const first = 1;\nconst second = = 2;\n';
const files = {
  'package.json': '{"type":"module"}',
  'main.mjs': broken,
  'waits.mjs': `await Promise.resolve();\n${broken}`,
  'imports.mjs':
    "import { ok } from './ok.mjs';\nimport { first } from './dir/a b.mjs';\nexport const handle = () => [ok, first];",
  'ok.mjs': 'export const ok = 1;',
  'dir/a b.mjs': broken,
  'common.cjs': `exports.handle = () => 1;\n${broken.replace('export ', '')}`,
  'links.mjs': "import { missing } from './ok.mjs';\nexport const handle = () => missing;",
  'throws.mjs': "throw new SyntaxError('thrown');\nexport const handle = () => 1;",
};

describe.each(ways)('a module that cannot be parsed, wall: $way', ({ way }) => {
  const adapter = forkSandbox({ wall: way });
  afterAll(() => adapter[Symbol.asyncDispose]());

  it.each([
    ['main.mjs', './main.mjs:2\n'],
    ['waits.mjs', './waits.mjs:3\n'],
    ['imports.mjs', './dir/a b.mjs:2\n'],
    ['common.cjs', './common.cjs:3\n'],
    ['links.mjs', "SyntaxError: The requested module './ok.mjs' does not provide an export named 'missing'"],
    ['throws.mjs', 'SyntaxError: thrown\n    at ./throws.mjs:1:7'],
  ])('is named, with the line: %s', async (file, head) => {
    using plugin = makePlugin(files, 'plugin with spaces');
    const { outcome } = await runOnce(adapter, plugin.root, { file });
    const { name, stack } = (outcome.ok ? undefined : outcome.guestError) ?? { name: 'none', stack: '' };
    expect(name).toBe('SyntaxError');
    expect(stack?.slice(0, head.length)).toBe(head);
    expect(stack).not.toContain(plugin.root);
  });
});
