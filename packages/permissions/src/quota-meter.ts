import { createError, DEFAULT_QUOTAS, QuotaExceededError } from '@kb-labs/contracts';
import type { EffectiveQuotas, MeteredQuotaName, QuotaMeter, QuotaReservation } from '@kb-labs/contracts';
import { configError } from './config-error.js';
import { assertKnownOptions } from './known-options.js';
import { isMeteredQuota, quotaNames, quotaRange } from './quotas.js';

/**
 * Counts what one execution uses. Reservations are taken at once and together never pass a limit, however many calls are
 * under way. With a parent each one is taken from both or from neither, so that what is invoked is charged to whoever invokes it.
 * Throws `ERR_CONFIG_INVALID` where a limit is missing, unknown, or no whole number in its range.
 */
export function createQuotaMeter(limits: EffectiveQuotas, parent?: QuotaMeter): QuotaMeter {
  const checked = checkLimits(limits);
  const held = new Map<MeteredQuotaName, number>();
  const used = (name: MeteredQuotaName): number => held.get(name) ?? 0;
  const release = (name: MeteredQuotaName, amount: number): void => {
    held.set(name, used(name) - amount);
  };
  return Object.freeze({
    limits: checked,
    used,
    reserve(name: MeteredQuotaName, amount: number): QuotaReservation {
      checkReservation(name, amount);
      const limit = checked[name];
      if (amount > limit - used(name)) {
        throw new QuotaExceededError({ quota: name, used: used(name), requested: amount, limit });
      }
      // It throws where the amount does not fit there, before anything is taken here.
      const above = parent?.reserve(name, amount);
      held.set(name, used(name) + amount);
      return reservation(amount, (rest) => {
        if (rest > 0) release(name, rest);
        above?.commit(amount - rest);
      });
    },
  });
}

function reservation(amount: number, release: (rest: number) => void): QuotaReservation {
  let settled = false;
  const settle = (actual: number): void => {
    if (settled) return;
    settled = true;
    release(amount - actual);
  };
  return Object.freeze({
    // An `actual` that is no amount keeps all: what was used is unknown, and it was at most that.
    commit: (actual: number = amount): void => settle(actual >= 0 && actual <= amount ? Math.ceil(actual) : amount),
    giveBack: (): void => settle(0),
  });
}

function checkReservation(name: unknown, amount: unknown): void {
  if (!isMeteredQuota(name)) throw createError('ERR_INVALID_ARGUMENT', 'there is no metered quota of this name');
  if (!Number.isSafeInteger(amount) || Number(amount) < 0) {
    throw createError('ERR_INVALID_ARGUMENT', `an amount of ${name} must be a whole number from 0`, {
      details: { quota: name },
    });
  }
}

function checkLimits(limits: EffectiveQuotas): EffectiveQuotas {
  assertKnownOptions(limits, DEFAULT_QUOTAS);
  const issues = quotaNames().flatMap((name) => {
    const { min, max } = quotaRange(name);
    const limit = limits[name];
    const fits = Number.isSafeInteger(limit) && limit >= min && limit <= max;
    return fits ? [] : [{ pointer: `/${name}`, message: `must be a whole number from ${min} to ${max}` }];
  });
  if (issues.length > 0) throw configError('ERR_CONFIG_INVALID', issues);
  return Object.freeze({ ...limits });
}
