const FENCE = /^ {0,3}(`{3,}|~{3,})/u;
/** Two spaces and more at the end of a line of text ask for a break there: Markdown would look different without them. */
const HARD_BREAK = /\S {2,}$/u;

/**
 * The same document without spaces at the ends of lines, and with a newline at its end. Code in fences stays as it is, and so do line
 * breaks, as two spaces. Line endings are kept.
 * @param {string} text
 */
export function tidyMarkdown(text) {
  if (text === '') return text;
  const lines = text.split('\n');
  let fence = '';
  const tidied = lines.map((line, index) => {
    const eol = line.endsWith('\r') ? '\r' : '';
    const content = line.slice(0, line.length - eol.length);
    const mark = FENCE.exec(content)?.[1] ?? '';
    if (fence !== '') {
      if (mark.startsWith(fence) && content.trim() === mark) fence = '';
      return line;
    }
    fence = mark;
    const isFollowed = (lines[index + 1] ?? '').trim() !== '';
    const bare = content.replace(/[ \t]+$/u, '');
    return `${bare}${isFollowed && HARD_BREAK.test(content) ? '  ' : ''}${eol}`;
  });
  const joined = tidied.join('\n');
  if (joined.endsWith('\n')) return joined;
  return `${joined}${text.includes('\r\n') ? '\r\n' : '\n'}`;
}
