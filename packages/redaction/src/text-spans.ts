/** Part of a text, in UTF-16 units. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/** The text with each span replaced. Spans that touch or overlap become one, so nothing of either shows. */
export function maskSpans(text: string, spans: readonly TextSpan[]): string {
  let masked = '';
  let from = 0;
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    if (end <= from) continue;
    if (start > from || from === 0) masked += text.slice(from, start) + REDACTED;
    from = end;
  }
  return masked + text.slice(from);
}
