/** Limits on the commands of one run that no policy knows. */
export interface ShellSettings {
  /** Milliseconds that one command may take. Default: 60 000. */
  readonly timeoutMs?: number;
  /** Bytes of standard output and standard error together. Default: 1 MiB. */
  readonly maxOutputBytes?: number;
  /** Commands that run at the same time. Default: 4. */
  readonly maxConcurrency?: number;
}
