import { createError } from '@kb-labs/contracts';

/** What a guest holds open, by ids that the host gives out and never gives again. */
export interface IdTable<Held> {
  /** Takes a place before there is something to put into it. Throws `ERR_QUOTA_EXCEEDED` where all are taken. */
  take(): Place<Held>;
  /** Throws `ERR_INVALID_ARGUMENT` for an id that is not open. */
  find(id: number): Held;
  /** As `find`, but `undefined` for an id that was open once. */
  peek(id: number): Held | undefined;
  /** Does nothing for an id that is not open. */
  remove(id: number): void;
  readonly held: readonly Held[];
}

/** A place that is filled or freed. */
interface Place<Held> {
  readonly id: number;
  keep(held: Held): void;
  free(): void;
}

/** What the places are for: the words of an error, and how many there are. */
export interface IdTableOptions {
  /** The name of the limit. */
  readonly quota: string;
  readonly limit: number;
  /** What a guest does to get a place back. */
  readonly hint: string;
}

/** Makes a table, empty. */
export function createIdTable<Held>({ quota, limit, hint }: IdTableOptions): IdTable<Held> {
  const byId = new Map<number, Held>();
  const opening = new Set<number>();
  let lastId = 0;

  const peek = (id: number): Held | undefined => {
    if (id > lastId) throw createUnknownIdError(id);
    return byId.get(id);
  };

  return {
    take() {
      const used = byId.size + opening.size;
      if (used >= limit) throw createFullError({ quota, limit, hint });
      lastId += 1;
      const id = lastId;
      opening.add(id);
      return {
        id,
        keep(held) {
          if (opening.delete(id)) byId.set(id, held);
        },
        free: () => void opening.delete(id),
      };
    },
    find(id) {
      const held = peek(id);
      if (held === undefined) throw createUnknownIdError(id);
      return held;
    },
    peek,
    remove: (id) => void byId.delete(id),
    get held() {
      return [...byId.values()];
    },
  };
}

function createUnknownIdError(id: number): Error {
  return createError('ERR_INVALID_ARGUMENT', `nothing of this run is open under the id ${id}`, {
    details: { argument: '0' },
    hint: 'use the id that the host gave, and only until its end',
  });
}

function createFullError({ quota, limit, hint }: IdTableOptions): Error {
  return createError('ERR_QUOTA_EXCEEDED', `${quota} is used up: ${limit} of ${limit} are open`, {
    details: { quota, used: limit, requested: 1, limit },
    hint,
  });
}
