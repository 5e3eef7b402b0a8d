import type { MaskOptions } from '@kb-labs/redaction';
import { z } from 'zod';
import { absolutePath, parseOptions } from './options.js';

/** All but `file` has a default. An unknown or impossible option is `ERR_CONFIG_INVALID`. */
export interface AuditLogOptions {
  /** An absolute path. Older files lie beside it: `file.1` is the newest of them. */
  readonly file: string;
  /** Which part of the allowed decisions is kept, from 0 (the default: none) to 1 (all). Denials are always kept. */
  readonly sampleAllows?: number;
  /** Bytes of each file. Default 10 485 760. */
  readonly maxBytes?: number;
  /** Files, the current one included. Default 10. */
  readonly maxFiles?: number;
  /**
   * Lines that wait to be written, half of them of one execution. More are lost, and counted. Default 32 768: half of that is more than
   * an execution brings forth with the default quotas.
   */
  readonly maxPending?: number;
  /** How long disposal waits for the last lines, in milliseconds. Default 5 000. */
  readonly flushTimeoutMs?: number;
  /** What is secret beside what is known to be. */
  readonly redaction?: MaskOptions;
}

/** The options, checked. */
export type ParsedAuditLogOptions = Required<AuditLogOptions>;

const OPTIONS: z.ZodType<ParsedAuditLogOptions> = z.strictObject({
  file: absolutePath,
  sampleAllows: z.number().min(0).max(1).default(0),
  maxBytes: z
    .int()
    .min(1024)
    .max(2 ** 40)
    .default(10_485_760),
  maxFiles: z.int().min(1).max(1000).default(10),
  maxPending: z.int().min(2).max(1_000_000).default(32_768),
  flushTimeoutMs: z.int().min(1).max(2_147_483_647).default(5000),
  redaction: z.custom<MaskOptions>().default({}),
});

/** Throws `ERR_CONFIG_INVALID` with a pointer. */
export function parseAuditLogOptions(options: AuditLogOptions): ParsedAuditLogOptions {
  return parseOptions(OPTIONS, options);
}
