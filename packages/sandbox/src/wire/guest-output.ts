import type { OutputMessage } from './messages.js';
import { outputCost, sendableFields } from './output-budget.js';
import { cutToUtf8 } from './utf8.js';

/** A line on its way out. What its fields are is looked at here. */
type GuestLine = Omit<Extract<OutputMessage, { t: 'log' }>, 't' | 'fields'> & { readonly fields: unknown };

/** What a guest says without waiting for an answer, up to `maxOutputBytes`. Nothing of it throws, whatever it is given. */
export interface GuestOutput {
  log(line: GuestLine): void;
  progress(message: string, fraction: number | undefined): void;
  track(name: string, attributes: unknown): void;
}

/** Bytes of the longest character: cut this far behind the limit, a line still shows the host that there was more. */
const MAX_CHARACTER_BYTES = 4;

/** Characters of one line: in UTF-8 it must fit into a frame. What is longer goes as several. */
const MAX_LINE = 4_194_304;

/** Makes it. The host cuts at the same place and says so; what is over it need not travel. */
export function createGuestOutput(maxBytes: number, send: (message: OutputMessage) => void): GuestOutput {
  let left = maxBytes;
  const spend = (text: string, fields: Readonly<Record<string, unknown>>): string | undefined => {
    if (left < 0) return undefined;
    // Lone surrogates would travel as six characters each, and mean nothing in a line.
    const kept = cutToUtf8(text, left + MAX_CHARACTER_BYTES).toWellFormed();
    left -= outputCost(kept, fields);
    return kept;
  };
  return {
    log({ level, source, text, fields }) {
      if (left < 0) return;
      const sent = sendableFields(fields);
      for (let start = 0; start === 0 || start < text.length; start += MAX_LINE) {
        const line = text.length > MAX_LINE ? text.slice(start, start + MAX_LINE) : text;
        const kept = spend(line, start === 0 ? sent : {});
        if (kept === undefined) return;
        send({ t: 'log', level, source, text: kept, fields: start === 0 ? sent : {} });
      }
    },
    progress(message, fraction) {
      const kept = spend(message.slice(0, MAX_LINE), {});
      if (kept !== undefined) send({ t: 'progress', message: kept, fraction });
    },
    track(name, attributes) {
      if (left < 0) return;
      const sent = sendableFields(attributes);
      // A name that was cut would be another name; the host cuts what is over as a whole.
      if (spend(name, sent) !== undefined) send({ t: 'track', name: name.toWellFormed(), attributes: sent });
    },
  };
}
