import type { WarmChild } from './warm-child.js';

/**
 * The child for one more run, if there is one that is in fewer than `most` places: of idle ones that which ran last, so that those that are not needed become
 * idle for long.
 */
export function findLeastBusy(
  children: Iterable<WarmChild>,
  most: number,
  isFit: (warm: WarmChild) => boolean,
): WarmChild | undefined {
  let best: WarmChild | undefined;
  for (const warm of children) {
    if (warm.open >= most || !warm.child.session.guest.isReusable || !isFit(warm)) continue;
    if (best === undefined || isBetter(warm, best)) best = warm;
  }
  return best;
}

/** Of two that could take a run: the one that does not wait for another's place, then the less busy one, then the one that ran last. */
function isBetter(one: WarmChild, other: WarmChild): boolean {
  if (one.isReserve !== other.isReserve) return other.isReserve;
  return one.open === other.open ? one.idleSince > other.idleSince : one.open < other.open;
}
