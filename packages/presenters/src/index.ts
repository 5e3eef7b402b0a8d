// The public names of this package, one by one.
export { createJobPresenter } from './job-presenter.js';
export type { JobEntry, JobPresenter, JobPresenterOptions } from './job-presenter.js';
export { createSilentPresenter } from './silent-presenter.js';
export type { SsePresenterOptions, SseTarget } from './sse-options.js';
export { createSsePresenter } from './sse-presenter.js';
export type { SsePresenter } from './sse-presenter.js';
export type { TerminalOutput } from './screen.js';
export { createTerminalPresenter } from './terminal-presenter.js';
export type { TerminalInput, TerminalPresenter, TerminalPresenterOptions } from './terminal-presenter.js';
