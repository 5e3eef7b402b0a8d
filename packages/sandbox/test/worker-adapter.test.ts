import { readFileSync } from 'node:fs';
import { describeSandboxAdapter } from '@kb-labs/conformance';
import { describe, expect, it } from 'vitest';
import { workerSandbox } from './worker-adapter.js';

describeSandboxAdapter('worker, as the documentation has it', () => workerSandbox());

describe('an adapter by somebody else', () => {
  const files = ['worker-adapter.ts', 'worker-adapter.guest.ts'];
  const sources = files.map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'));

  it('takes fewer than 60 lines of code', () => {
    const lines = sources
      .join('')
      .split('\n')
      .filter((line) => line.trim() !== '');
    expect(lines.length).toBeLessThan(60);
  });

  it('uses public names alone', () => {
    const imported = [...sources.join('').matchAll(/ from '([^']+)'/g)].map(([, specifier]) => specifier);
    const allowed = ['@kb-labs/contracts', '@kb-labs/sandbox/wire', 'node:worker_threads'];
    expect([...new Set(imported)].toSorted()).toEqual(allowed);
  });

  it('is the one in the documentation, word for word', () => {
    const page = readFileSync(new URL('../../../docs/writing-an-adapter.md', import.meta.url), 'utf8');
    const blocks = new Set([...page.matchAll(/```ts no-run\n(.*?)```/gs)].map(([, code]) => code));
    expect(sources.filter((source) => !blocks.has(source))).toEqual([]);
  });
});
