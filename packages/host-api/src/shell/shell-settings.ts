import { isAbsolute } from 'node:path';
import { createError, MAX_MESSAGE_BYTES } from '@kb-labs/contracts';
import { z } from 'zod';

/**
 * How a host runs commands; which of them, only the policy knows. A misspelt or malformed setting is `ERR_CONFIG_INVALID`. Memory, CPU time
 * and processes of a command have no limit but its time. Behind the wall none outlives its host; without it, one whose host is killed goes on.
 */
export interface ShellSettings {
  /**
   * `auto` (default) runs commands in bubblewrap where it works, `required` runs none without it (`ERR_CONFINEMENT_TOO_WEAK`), `off`
   * lets them do what the host's user can: the policy then holds for which commands run, not for what they do, and a process that leaves its
   * group stays behind.
   */
  readonly wall?: 'auto' | 'required' | 'off';
  /** Variables beside `PATH`, `LANG` and `HOME` (`/nonexistent`), or instead of them. Nothing of the host's is handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds that one command may take, and that it may wait for its turn. Default 30 000. */
  readonly timeoutMs?: number;
  /** Milliseconds from SIGTERM to SIGKILL. Default 500. */
  readonly graceMs?: number;
  /** Bytes of standard output and standard error together. Default 1 MiB; at most what one message carries, 16 MiB. */
  readonly maxOutputBytes?: number;
  /** Commands at the same time, over all runs that share the runner; others wait. Default 4. */
  readonly maxConcurrency?: number;
  /**
   * Whether commands behind the wall may write where the policy lets the plugin write. Default false: they change nothing. With it they can
   * make what is not there yet by any name, also one that no rule allows (`.git`, `.env`). Needs a bubblewrap that knows `--bind-fd`.
   */
  readonly write?: boolean;
  /** Absolute paths that commands behind the wall may read, besides the system's own and the root. Default: none. */
  readonly readable?: readonly string[];
}

const milliseconds = z.int().min(1).max(2_147_483_647);

const settingsSchema = z.strictObject({
  wall: z.enum(['auto', 'required', 'off']).default('auto'),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of a variable'), z.string().regex(/^[^\0]*$/))
    .default({}),
  timeoutMs: milliseconds.default(30_000),
  graceMs: milliseconds.default(500),
  maxOutputBytes: z
    .int()
    .min(0)
    .max(MAX_MESSAGE_BYTES)
    .default(1024 * 1024),
  maxConcurrency: z.int().min(1).max(1024).default(4),
  write: z.boolean().default(false),
  readable: z.array(z.string().refine(isAbsolute, 'must be an absolute path')).max(64).default([]),
});

/** Settings with nothing left open. */
export type CompleteShellSettings = Required<ShellSettings>;

/** Fills in every default. Throws `ERR_CONFIG_INVALID` with a JSON pointer. */
export function parseShellSettings(settings: ShellSettings): CompleteShellSettings {
  const parsed = settingsSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const pointer = [...(issue?.path ?? []), ...(key === undefined ? [] : [key])]
    .map((part) => `/${String(part).slice(0, 64)}`)
    .join('');
  throw createError('ERR_CONFIG_INVALID', `${pointer}: ${issue?.message ?? 'is malformed'}`, {
    details: { pointer },
    hint: `the settings for commands are ${Object.keys(settingsSchema.shape).join(', ')}`,
  });
}
