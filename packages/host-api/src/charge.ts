import type { MeteredQuotaName, QuotaMeter } from '@kb-labs/contracts';

/** A part of a quota that goes back by itself unless it is committed. */
interface Charge extends Disposable {
  commit(actual?: number): void;
}

/** Reserves, or throws `ERR_QUOTA_EXCEEDED`. Settles exactly once on every path out of the block that holds it. */
export function charge(meter: QuotaMeter, name: MeteredQuotaName, amount: number): Charge {
  const reservation = meter.reserve(name, amount);
  return {
    commit: (actual) => reservation.commit(actual),
    [Symbol.dispose]: () => reservation.giveBack(),
  };
}

/** How much of a quota is left. */
export function left(meter: QuotaMeter, name: MeteredQuotaName): number {
  return Math.max(0, meter.limits[name] - meter.used(name));
}
