import type { EventOverflow, EventScope } from '@kb-labs/contracts';
import { z } from 'zod';

interface SentPublishOptions {
  readonly scope?: EventScope | undefined;
  readonly idempotencyKey?: string | undefined;
}

interface SentSubscribeOptions {
  readonly scope?: EventScope | undefined;
  readonly queueLimit?: number | undefined;
  readonly overflow?: EventOverflow | undefined;
}

/** What the functions take, by what they are called here. */
interface EventArguments {
  readonly publish: z.ZodType<[string, unknown, (SentPublishOptions | undefined)?]>;
  readonly subscribe: z.ZodType<[string, (SentSubscribeOptions | undefined)?]>;
  readonly next: z.ZodType<[]>;
  readonly unsubscribe: z.ZodType<[number]>;
}

const scope = z.enum(['execution', 'plugin', 'host']).optional();

/** What each function takes. What a topic and a pattern are, and how long they may be, the port says. */
export const EVENT_ARGUMENTS: EventArguments = {
  publish: z.tuple([
    z.string(),
    z.unknown(),
    z.strictObject({ scope, idempotencyKey: z.string().min(1).max(128).optional() }).optional(),
  ]),
  subscribe: z.tuple([
    z.string(),
    z
      .strictObject({
        scope,
        queueLimit: z.int().min(1).optional(),
        overflow: z.enum(['drop-oldest', 'drop-newest', 'reject']).optional(),
      })
      .optional(),
  ]),
  next: z.tuple([]),
  unsubscribe: z.tuple([z.int().min(1)]),
};
