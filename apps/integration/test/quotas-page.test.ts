import { readFileSync } from 'node:fs';
import { DEFAULT_QUOTAS } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';

const page = readFileSync(new URL('../../../docs/quotas.md', import.meta.url), 'utf8');

describe('docs/quotas.md', () => {
  it('has every quota with its default, and no other', () => {
    const lines = [...page.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)];
    expect(Object.fromEntries(lines.map(([, name, value]) => [name, Number(value)]))).toEqual(DEFAULT_QUOTAS);
  });
});
