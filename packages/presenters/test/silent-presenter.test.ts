import { expect, it } from 'vitest';
import { createSilentPresenter } from '../src/silent-presenter.js';

it('shows nothing, and says no', async () => {
  const presenter = createSilentPresenter();
  const nothing: unknown[] = [
    presenter.message('a', 'info'),
    presenter.progress('a', 1),
    presenter.json({}),
    presenter.error({ message: 'a' }),
  ];
  expect(nothing).toEqual([undefined, undefined, undefined, undefined]);
  expect(await presenter.confirm('Delete?', AbortSignal.abort())).toBe(false);
});
