import { describe, expect, it } from 'vitest';
import { extractLinks } from '../../plugins/link-check/extract-links.js';
import { input } from '../../plugins/link-check/schemas.js';

function targets(markdown: string): readonly string[] {
  return extractLinks(markdown).map(({ target, line }) => `${line} ${target}`);
}

describe('links are', () => {
  it.each([
    ['inline', '[a](b.md) and [c](<d e.md> "title")', ['1 b.md', '1 d e.md']],
    ['images', '![a](b.png)', ['1 b.png']],
    ['images in links', '[![a](b.png)](c.md)', ['1 b.png', '1 c.md']],
    ['targets with brackets', '[a](b_(c).md)', ['1 b_(c).md']],
    ['targets with escapes', String.raw`[a](b\_c.md)`, ['1 b_c.md']],
    ['references', '[a][B c], [d][]\n\n[b  c]: e.md\n[d]: <f.md> "title"', ['1 e.md', '1 f.md']],
    ['autolinks', 'see\n<https://a.test/b>', ['2 https://a.test/b']],
    ['in lists', '- [a](b.md)\n    - [c](d.md)', ['1 b.md', '2 d.md']],
    ['on several lines, each with its own', '[a](b)\r\n\r\n[c](d)', ['1 b', '3 d']],
  ])('%s', (_, markdown, found) => {
    expect(targets(markdown)).toEqual(found);
  });
});

describe('no links are', () => {
  it.each([
    ['code spans', '`[a](b)` and ``[`c](d)``'],
    ['fenced code', '```md\n[a](b)\n```'],
    ['fenced code with a longer fence', '````\n```\n[a](b)\n````'],
    ['fences that are never closed', '~~~\n[a](b)\n```'],
    ['indented code', 'text\n\n    [a](b)\n\n    [c](d)\n'],
    ['comments', '<!-- [a](b)\n[c](d) -->'],
    ['definitions that nobody uses', '[a]: b.md'],
    ['references without a definition', '[a][b]'],
    ['empty targets', '[a]()'],
  ])('%s', (_, markdown) => {
    expect(targets(markdown)).toEqual([]);
  });
});

it('extraction does not slow down on hostile text', () => {
  for (const text of ['[', '[a](', '`', '<!--', '](', String.raw`[\\`, '[a][']) {
    const start = performance.now();
    extractLinks(text.repeat(20_000));
    expect(performance.now() - start).toBeLessThan(2_000);
  }
});

it.each([
  [{}, { value: { name: 'latest', maxLinks: 500 } }],
  [{ name: 'docs', maxLinks: 3 }, { value: { name: 'docs', maxLinks: 3 } }],
  [
    { name: '../out' },
    { issues: [{ message: 'write up to 40 lower-case letters, digits and dashes', path: ['name'] }] },
  ],
  [{ maxLinks: 0 }, { issues: [{ message: 'write a whole number from 1 to 2000', path: ['maxLinks'] }] }],
  [{ max: 3 }, { issues: [{ message: 'is not known; there are "name" and "maxLinks"', path: ['max'] }] }],
  ['all', { issues: [{ message: 'write an object such as { "maxLinks": 100 }', path: [] }] }],
])('the input %j gives %j', (value, result) => {
  expect(input['~standard'].validate(value)).toEqual(result);
});
