import type { LogLevel } from '@kb-labs/contracts';

/** What the guest's side of a sandbox can do: ask the host, and tell it things. */
export interface GuestPort {
  /** Rejects with an error that has the host's `code`, `hint` and `details`. */
  call(name: string, args: readonly unknown[], signal: AbortSignal | undefined): Promise<unknown>;
  /** Never throws, whatever the fields are. */
  log(level: LogLevel, text: string, fields: unknown): void;
  progress(message: string, fraction: number | undefined): void;
  /** Never throws, whatever the attributes are. */
  track(name: string, attributes: unknown): void;
}
