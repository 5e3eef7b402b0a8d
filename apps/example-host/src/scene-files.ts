import type { DemoServers } from './demo-servers.js';

const SETTINGS = `{
  "name": "sample"
}
`;

/** Documents that are not as they should be, and settings that do not say so. */
export const UNTIDY_FILES: Readonly<Record<string, string>> = {
  'breaks.md': 'A line that ends  \nhere, and spaces   \n\nwithout a reason.\t\n',
  'code.md': '```\nwhat stands in code   \n```\n',
  'last.md': 'Without a newline',
  'settings.json': SETTINGS,
};

/** The same as a tidy plugin leaves them. */
export const TIDY_FILES: Readonly<Record<string, string>> = {
  'breaks.md': 'A line that ends  \nhere, and spaces\n\nwithout a reason.\n',
  'code.md': '```\nwhat stands in code   \n```\n',
  'last.md': 'Without a newline\n',
  'settings.json': `{
  "name": "sample",
  "tidy": {
    "markdown": {
      "finalNewline": true,
      "trailingSpaces": false
    }
  }
}
`,
};

/** A source in which lines 1, 2, 5 and 7 are to be found, and a token that nobody should have written into it. */
export function writeForgotten(token: string): string {
  return `// TODO: find out why
debugger;
try {
  risky();
} catch {}
const text = 'debugger; eval("1")'; // Only a text.
eval(text);
const token = '${token}';
`;
}

/** One link for each thing that can become of one. */
export function writeLinks({ granted, forbidden }: Pick<DemoServers, 'granted' | 'forbidden'>): string {
  return `# Links

- [a page](${granted}/ok) and [one that is gone](${granted}/missing)
- [a page that has moved](${granted}/moved)
- [a page that leads to a forbidden host](${granted}/redirect)
- <${forbidden}/secret> is a host that nobody granted, and so is [the web][web].
- [a neighbour](there.md#there), [nobody](nobody.md) and [a way out](../../etc/passwd)

\`[code](${forbidden}/code)\` is no link.

[web]: https://example.com/
`;
}
