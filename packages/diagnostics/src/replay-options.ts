import type { SandboxAdapter } from '@kb-labs/contracts';
import type { MaskOptions } from '@kb-labs/redaction';
import { z } from 'zod';
import { parseOptions } from './options.js';

/** With what to run it again. An unknown or impossible option is `ERR_CONFIG_INVALID`. */
export interface ReplayOptions {
  /** The folder that holds the plugin's code. */
  readonly pluginRoot: string;
  /** Where it runs. It stays the caller's. */
  readonly adapter: SandboxAdapter;
  /** Variables, of which the guest gets those that it had. A snapshot has their names alone. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Milliseconds. Default: as in the record, but an hour at most. */
  readonly timeoutMs?: number;
  /** Whether files of another version of the plugin will do: to see what a change would have done. Default false. */
  readonly anyVersion?: boolean;
  /** The rules that the recorder had, so that what was masked there is here. */
  readonly redaction?: MaskOptions;
}

/** The options, checked. */
export interface ParsedReplayOptions {
  readonly pluginRoot: string;
  readonly adapter: SandboxAdapter;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly anyVersion: boolean;
  /** Checked where the masker is made. */
  readonly redaction?: MaskOptions | undefined;
}

const OPTIONS: z.ZodType<ParsedReplayOptions> = z.strictObject({
  pluginRoot: z.string().min(1).max(4096),
  adapter: z.custom<SandboxAdapter>(isAdapter, 'is no sandbox adapter'),
  env: z.record(z.string(), z.string()).default({}),
  signal: z.instanceof(AbortSignal, { error: 'is not an AbortSignal' }).optional(),
  timeoutMs: z.int().min(1).max(2_147_483_647).optional(),
  anyVersion: z.boolean().default(false),
  redaction: z.custom<MaskOptions>().optional(),
});

/** Throws `ERR_CONFIG_INVALID` with a pointer. */
export function parseReplayOptions(options: ReplayOptions): ParsedReplayOptions {
  return parseOptions(OPTIONS, options);
}

function isAdapter(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'acquire') === 'function';
}
