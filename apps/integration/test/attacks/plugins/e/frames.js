import { writeSync } from 'node:fs';

/** Writes to the channel beside the guest's own side, whole. */
export function write(bytes) {
  for (let sent = 0; sent < bytes.length;) {
    try {
      sent += writeSync(3, bytes, sent);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

/** A frame as the wire has it, around any JSON text; the two lengths may lie. */
export function frameOf(json, { parts = [], total, text } = {}) {
  const body = Buffer.from(`[${json},[${parts.map((part) => part.length).join()}]]`);
  const head = Buffer.alloc(8);
  const raw = Buffer.concat(parts.map((part) => Buffer.from(part)));
  head.writeUInt32BE(total ?? 4 + body.length + raw.length, 0);
  head.writeUInt32BE(text ?? body.length, 4);
  return Buffer.concat([head, body, raw]);
}

export const forge = (...messages) => write(Buffer.concat(messages.map((message) => frameOf(JSON.stringify(message)))));

export const line = (text, more = {}) => ({
  t: 'log',
  run: 1,
  level: 'info',
  source: 'log',
  text,
  fields: {},
  ...more,
});
