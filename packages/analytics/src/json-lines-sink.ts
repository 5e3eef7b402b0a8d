import { isAbsolute } from 'node:path';
import type { AnalyticsRecord, AnalyticsSink } from '@kb-labs/contracts';
import { RotatingFile } from '@kb-labs/rotating-file';
import { configError, parseLimit, parseRecord } from './option-checks.js';

export interface JsonLinesSinkOptions {
  /** An absolute path. The older files lie beside it: `file.1` is the newest of them. Folders are made with mode 0700. */
  readonly file: string;
  /** Bytes of each file. Default 10 485 760. A line that is longer has a file by itself. */
  readonly maxBytes?: number;
  /** Files, the current one included. Default 5. */
  readonly maxFiles?: number;
  /** Default `json-lines`. */
  readonly name?: string;
}

/**
 * Appends each record as one line of JSON to a file of mode 0600 that rotates. Lines are whole, also after a crash or on a full
 * disk; nothing is fsynced. One process for each file. No link is followed: `ERR_IO_FAILED` then, as for all that the system refuses.
 */
export function jsonLinesSink(options: JsonLinesSinkOptions): AnalyticsSink {
  parseRecord(options, '', ['file', 'maxBytes', 'maxFiles', 'name']);
  const { file, name = 'json-lines' } = options;
  if (typeof file !== 'string' || !isAbsolute(file)) {
    throw configError(
      '/file',
      'must be an absolute path',
      'give one, so that the working directory makes no difference',
    );
  }
  const rotating = new RotatingFile(file, {
    maxBytes: parseLimit(options.maxBytes, { pointer: '/maxBytes', fallback: 10_485_760, max: 2 ** 40 }),
    maxFiles: parseLimit(options.maxFiles, { pointer: '/maxFiles', fallback: 5, max: 1000 }),
  });
  return Object.freeze({
    name,
    write: (batch, signal) => rotating.append(batch.map(toLine), signal),
    [Symbol.asyncDispose]: async () => undefined,
  } satisfies AnalyticsSink);
}

/** What JSON leaves as it is and a terminal or an editor obeys: C1 controls, line separators, marks that turn the direction of text. */
const UNSAFE = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

function toLine(record: AnalyticsRecord): Buffer {
  const json = JSON.stringify(record).replace(
    UNSAFE,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return Buffer.from(`${json}\n`);
}
