import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { input } from '../../plugins/tidy/schemas.js';
import { tidyMarkdown } from '../../plugins/tidy/tidy-markdown.js';

describe('tidying Markdown', () => {
  it.each([
    ['takes spaces from the ends of lines', 'a \nb\t\n  \nc\n', 'a\nb\n\nc\n'],
    ['sees to a last newline', 'a', 'a\n'],
    ['keeps line breaks, as two spaces', 'a  \nb    \nc  \n\nd  ', 'a  \nb  \nc\n\nd\n'],
    ['keeps line endings', 'a \r\nb  \r\nc', 'a\r\nb  \r\nc\r\n'],
    ['leaves code in fences alone', '```\na \n```\nb \n~~~\nc ', '```\na \n```\nb\n~~~\nc \n'],
    ['leaves an empty document alone', '', ''],
  ])('%s', (_, text, tidied) => {
    expect(tidyMarkdown(text)).toBe(tidied);
  });

  it('changes nothing but blanks at the ends of lines, and nothing more the second time', () => {
    const texts = fc.array(fc.constantFrom('a', ' ', '\t', '\n', '\r\n', '```', '~~~')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, (text) => {
        const tidied = tidyMarkdown(text);
        expect(tidyMarkdown(tidied)).toBe(tidied);
        expect(withoutBlanks(tidied)).toBe(withoutBlanks(text));
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

function withoutBlanks(text: string): string {
  return text.replaceAll(/[ \t\r]*(?:\n|$)/gu, '\n').trimEnd();
}

it.each([
  [{}, { value: { config: undefined } }],
  [{ config: 'a.json' }, { value: { config: 'a.json' } }],
  [{ config: '../a.json' }, { issues: [{ message: 'write the name of a JSON file in the root', path: ['config'] }] }],
  [{ dry: true }, { issues: [{ message: 'is not known; there is only "config"', path: ['dry'] }] }],
  [1, { issues: [{ message: 'write an object such as { "config": "tidy.json" }', path: [] }] }],
])('the input %j gives %j', (value, result) => {
  expect(input['~standard'].validate(value)).toEqual(result);
});
