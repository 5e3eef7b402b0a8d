import type { Presenter } from '@kb-labs/contracts';

/** Shows nothing to nobody, so that the answer to every question is no. */
export function createSilentPresenter(): Presenter {
  return Object.freeze({
    message: ignore,
    progress: ignore,
    json: ignore,
    error: ignore,
    confirm: () => Promise.resolve(false),
  });
}

function ignore(): void {
  // That is the whole of it.
}
