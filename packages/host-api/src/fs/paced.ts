import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfStopped } from '../host-function.js';
import type { CallContext } from '../host-function.js';

/** Entries between two looks at the host's event loop: with a hundred deny rules, about 10 ms. */
const ENTRIES_PER_TURN = 500;

/** Hands out items one by one, and lets the event loop turn between batches of them. Throws once the call is over. */
export async function* paced<Item>(items: Iterable<Item>, context: CallContext): AsyncGenerator<Item> {
  let count = 0;
  for (const item of items) {
    if (count === ENTRIES_PER_TURN) {
      await nextTurn();
      throwIfStopped(context);
      count = 0;
    }
    count += 1;
    yield item;
  }
}
