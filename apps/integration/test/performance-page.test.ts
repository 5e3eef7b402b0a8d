import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = readFileSync(new URL('../../../docs/performance.md', import.meta.url), 'utf8');
const [, table = ''] = /<!-- bench:table -->([^]*?)<!-- \/bench:table -->/.exec(page) ?? [];
const [, unreached = ''] = /^## Rows that are not reached$([^]*?)^## /m.exec(page) ?? [];
const headings = [...unreached.matchAll(/^### (.*)$/gm)].map(([, heading = '']) => heading);
const rows = [...table.matchAll(/^\| ([a-z][\w:-]*) \|.*\| \*\*no\*\* \|/gm)].map(([, name = '']) => name);

/** Whether a heading names the row: whole, or by its bench and what stands behind the colon. */
function names(heading: string, row: string): boolean {
  const [bench, figure] = row.split(':');
  const isWhole = heading.includes(`\`${row}\``);
  return isWhole || (figure !== undefined && heading.includes(`\`${bench}\``) && heading.includes(`\`:${figure}\``));
}

describe('docs/performance.md', () => {
  it('has a section for each row of its table that is not reached', () => {
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter((row) => !headings.some((heading) => names(heading, row)))).toEqual([]);
  });
});
