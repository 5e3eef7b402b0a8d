/** What the host asks of its spawner. Both are this package's own code, and nobody else has their channel. */
export type SpawnerRequest = StartRequest | SignalRequest;

/** Start a guest and give its output, error output and channel to the host, by connecting them to its socket. */
export interface StartRequest {
  readonly t: 'start';
  readonly id: number;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly walled: boolean;
  /** In base64; what bubblewrap reads from the descriptor behind the channel. */
  readonly seccomp: string | undefined;
  /** Where the host listens, and the word by which it knows who connects. */
  readonly path: string;
  readonly token: string;
}

/** Signal a guest, unless it has ended. Always answered. */
interface SignalRequest {
  readonly t: 'signal';
  readonly id: number;
  readonly name: 'SIGTERM' | 'SIGKILL';
  readonly ask: number;
}

/** What a spawner tells its host. */
export type SpawnerNews =
  | { readonly t: 'started'; readonly id: number; readonly pid: number }
  | { readonly t: 'failed'; readonly id: number; readonly code: string | undefined; readonly message: string }
  /** Nothing was started: its streams could not be connected to the host. */
  | { readonly t: 'unmet'; readonly id: number }
  | { readonly t: 'exit'; readonly id: number; readonly code: number | null; readonly signal: string | null }
  | { readonly t: 'signalled'; readonly ask: number };

/** The streams of a guest that the host gets, by the descriptor that they are in the guest. A socket says which it is behind the token. */
export const HANDED_OVER = [1, 2, 3] as const;

/** Bytes in hexadecimal digits, as `randomBytes(16)` makes them. */
export const TOKEN_LENGTH = 32;
