import { createError } from '@kb-labs/contracts';
import type { DeliveredEvent, SandboxHost } from '@kb-labs/contracts';

export const EVENT_API = ['publish', 'subscribe', 'next', 'unsubscribe'].map((name) => `events.${name}`);

export interface EventScene {
  readonly answer: SandboxHost['call'];
  /** Names of the calls, in order. */
  readonly heard: string[];
  /** What the host has dropped, for want of room. */
  readonly dropped: unknown[];
  readonly open: ReadonlyMap<number, string>;
  /** Sends an event to everybody whose pattern this is. */
  emit(topic: string, payload: unknown): void;
  /** The most calls of `events.next` that were open at once. */
  mostAsked(): number;
}

export interface EventSceneOptions {
  /** Events that wait at the host for each subscription. Default: no end of them. */
  readonly room?: number;
  /** Answers other calls, and may answer these in its own way. */
  readonly answer?: SandboxHost['call'];
}

/** A host with a queue that drops what is oldest. `events.publish` emits. */
export function openEventScene({ room = Number.POSITIVE_INFINITY, answer }: EventSceneOptions = {}): EventScene {
  const heard: string[] = [];
  const open = new Map<number, string>();
  const dropped: unknown[] = [];
  const waiting: DeliveredEvent[] = [];
  const asked: ((events: readonly DeliveredEvent[]) => void)[] = [];
  let count = 0;
  let most = 0;
  const flush = (): void => {
    if (waiting.length > 0) asked.shift()?.(waiting.splice(0, 64));
  };
  const emit = (topic: string, payload: unknown): void => {
    count += 1;
    const event = { id: `${count}`, topic, scope: 'host', time: count, sender: { kind: 'host' }, payload } as const;
    for (const [subscription, pattern] of open) {
      if (pattern !== topic) continue;
      const own = waiting.filter((delivered) => delivered.subscription === subscription);
      const oldest = own[0];
      if (own.length >= room && oldest !== undefined)
        dropped.push(waiting.splice(waiting.indexOf(oldest), 1)[0]?.event.payload);
      waiting.push({ subscription, event });
    }
    flush();
  };
  const act: SandboxHost['call'] = async (name, args, signal) => {
    heard.push(name);
    if (name === 'events.publish') return emit(String(args[0]), args[1]);
    if (name === 'events.subscribe') return open.set(open.size + 1, String(args[0])).size;
    if (name === 'events.unsubscribe') return open.delete(Number(args[0]));
    if (name !== 'events.next') return await answer?.(name, args, signal);
    return await new Promise((resolve, reject) => {
      asked.push(resolve);
      most = Math.max(most, asked.length);
      signal.addEventListener('abort', () => reject(createError('ERR_ABORTED', 'aborted')));
      flush();
    });
  };
  return { answer: act, heard, dropped, open, emit, mostAsked: () => most };
}
