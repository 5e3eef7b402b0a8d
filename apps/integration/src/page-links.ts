/** A link from one page to a file of the repository. */
export interface PageLink {
  /** As it is written, without what stands behind `#`; empty for the page itself. */
  readonly path: string;
  /** The heading behind `#`. */
  readonly heading: string | undefined;
}

/** The links of a page that lead to files. Images are left out, and whatever stands in code. */
export function linksOf(markdown: string): readonly PageLink[] {
  const text = markdown.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`(?!\])/g, '');
  return [...text.matchAll(/(?<!!)\[[^\]]*\]\((?<target>[^)\s]+)\)/g)].flatMap(({ groups }) => {
    const target = groups?.['target'] ?? '';
    if (/^[a-z]+:/i.test(target)) return [];
    const [path = '', heading] = target.split('#');
    return [{ path, heading }];
  });
}

/** What GitHub makes of the headings of a page, to be named behind `#`. */
export function headingsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (?<text>.*)$/gm)].map(({ groups }) =>
    (groups?.['text'] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}
