/** What a page hears. */
export type SseEventName = 'message' | 'progress' | 'json' | 'error' | 'confirm' | 'answer' | 'dropped';

/** A comment, which keeps proxies from closing a connection on which nothing happens. */
export const SSE_HEARTBEAT = ': \n\n';

/**
 * One event as the WHATWG HTML standard has it, section 9.2. Every break of a line in the data begins a `data` line of its own, so that no
 * data can end the event or begin another.
 */
export function formatSseEvent(name: SseEventName, id: number, data: string): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `id: ${id}\nevent: ${name}\n${lines.join('')}\n`;
}
