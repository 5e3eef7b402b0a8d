/** A name fit for messages: printable ASCII in quotes, cut where it is long. */
export function showName(text: unknown): string {
  if (typeof text === 'string') return JSON.stringify(plainName(text));
  return `a value that is no string (${text === null ? 'null' : typeof text})`;
}

/** A name fit for data: printable ASCII, cut where it is long; empty for what is no string. */
export function plainName(text: unknown): string {
  if (typeof text !== 'string') return '';
  const short = text.length > 128 ? `${text.slice(0, 128)}...` : text;
  return short.replaceAll(/[^\x20-\x7e]/g, '?');
}
