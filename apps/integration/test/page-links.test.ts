import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { headingsOf, linksOf } from '../src/page-links.js';
import { repository } from './repository.js';

const read = (page: string): string => readFileSync(join(repository, page), 'utf8');
const pages = globSync(['*.md', 'docs/**/*.md', 'packages/*/README.md', 'apps/*/README.md'], { cwd: repository });

describe('the links of the pages', () => {
  it('lead to files that are there, and to headings in them', () => {
    const broken = pages.flatMap((page) =>
      linksOf(read(page))
        .filter(({ path, heading }) => {
          const target = path === '' ? page : join(dirname(page), path);
          if (!existsSync(join(repository, target))) return true;
          return heading !== undefined && target.endsWith('.md') && !headingsOf(read(target)).includes(heading);
        })
        .map(({ path, heading }) => `${page}: ${path}${heading === undefined ? '' : `#${heading}`}`),
    );
    expect(pages.length).toBeGreaterThan(30);
    expect(broken).toEqual([]);
  });

  it('are found with their headings, and not in code or images', () => {
    const markdown = '[a](b.md#c-d) ![x](x.svg) `[n](n.md)` [`e`](#f) [web](https://a.test)\n```ts\n[m](m.md)\n```\n';
    expect(linksOf(markdown)).toEqual([
      { path: 'b.md', heading: 'c-d' },
      { path: '', heading: 'f' },
    ]);
    expect(headingsOf('# A\n## What `it` is: this\n')).toEqual(['a', 'what-it-is-this']);
  });
});

describe('the decisions', () => {
  it('have a number each, which their titles begin with', () => {
    const files = globSync('docs/decisions/*.md', { cwd: repository }).map((page) => ({
      number: basename(page).slice(0, 4),
      title: read(page).slice(0, 8),
    }));
    expect(files.map(({ title }) => title)).toEqual(files.map(({ number }) => `# ${number}: `));
    expect(new Set(files.map(({ number }) => number)).size).toBe(files.length);
  });
});
