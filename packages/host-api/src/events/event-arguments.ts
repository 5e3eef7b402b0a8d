import { z } from 'zod';

const scope = z.enum(['execution', 'plugin', 'host']).optional();

/** What each function takes. What a topic and a pattern are, and how long they may be, the port says. */
export const EVENT_ARGUMENTS = {
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
} as const;
