import * as types from 'node:util/types';
import type { GuestAnalytics } from '@kb-labs/contracts';
import type { ParsedAnalyticsOptions } from './analytics-options.js';
import { admitWord, createVocabularies } from './guest-quota.js';
import type { GuestLimits, Vocabulary } from './guest-quota.js';
import type { Recorder } from './recorder.js';

/** Who speaks, as the host knows it. Nothing here may come from the guest. */
export interface GuestIdentity {
  readonly pluginId: string;
  readonly executionId: string;
  readonly traceId?: string;
}

/** Makes what executions hold. The words of a plugin are counted over all its executions, its records in each. */
export function createGuests(
  recorder: Recorder,
  { guests, guestRedactor: redactor }: ParsedAnalyticsOptions,
): (identity: GuestIdentity) => GuestAnalytics {
  const vocabularyOf = createVocabularies();

  return ({ pluginId, executionId, traceId }) => {
    const identity = Object.freeze({ pluginId, executionId, traceId });
    let records = 0;
    return Object.freeze({
      track: (name, given) => {
        if (records >= guests.maxRecords) return recorder.refuse('guest-records');
        records += 1;
        const vocabulary = vocabularyOf(pluginId);
        if (typeof name !== 'string' || name.length > 64) return recorder.refuse('name');
        if (!admitWord(vocabulary.names, name, guests.maxNames)) return recorder.refuse('guest-names');
        const { attributes, cut } = admitKeys(given, vocabulary, guests);
        recorder.record({ source: 'guest', identity, name, attributes, cut, redactor });
      },
    } satisfies GuestAnalytics);
  };
}

/** Keys of one record that are looked at. The rest of a record that has more costs nothing. */
const MAX_CONSIDERED = 1000;

/** The attributes whose keys the plugin has used before or has room for. */
function admitKeys(
  given: unknown,
  { keys }: Vocabulary,
  { maxKeys }: GuestLimits,
): { readonly attributes: unknown; readonly cut: number } {
  if (typeof given !== 'object' || given === null || types.isProxy(given)) return { attributes: given, cut: 0 };
  const attributes = new Map<string, unknown>();
  const all = Object.keys(given);
  let cut = Math.max(0, all.length - MAX_CONSIDERED);
  for (const key of all.slice(0, MAX_CONSIDERED)) {
    const descriptor = Object.getOwnPropertyDescriptor(given, key);
    const wanted = descriptor !== undefined && 'value' in descriptor && key.length <= 128;
    if (wanted && admitWord(keys, key, maxKeys)) attributes.set(key, descriptor.value);
    else cut += 1;
  }
  return { attributes: Object.fromEntries(attributes), cut };
}
