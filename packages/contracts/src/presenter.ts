/** How much a message of a presenter matters. */
export type MessageLevel = 'info' | 'success' | 'warn';

/** An error as a person is to see it. */
export interface PresentedError {
  readonly message: string;
  readonly code?: string;
  readonly hint?: string;
}

/** Shows a person, or whoever stands for one, what goes on. Text is as a plugin wrote it: a presenter escapes what its medium would obey. */
export interface Presenter {
  message(text: string, level: MessageLevel): void;
  progress(text: string, fraction: number | undefined): void;
  /** Plain data. */
  json(value: unknown): void;
  error(error: PresentedError): void;
  /** `false` where nobody can answer, where the signal aborts, and for every answer but a plain yes. Never rejects. */
  confirm(question: string, signal: AbortSignal): Promise<boolean>;
}

/** What a guest may show, and ask. */
export interface GuestPresenter {
  message(text: string, level?: MessageLevel): Promise<void>;
  json(value: unknown): Promise<void>;
  error(error: PresentedError): Promise<void>;
  /** `false` where nobody can answer. */
  confirm(question: string): Promise<boolean>;
}
