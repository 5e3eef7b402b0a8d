import type { EventStamp } from '@kb-labs/plugin-runtime';

/** The stamp of an event that nobody asks where it comes from. */
export const STAMP: EventStamp = {
  executionId: 'e',
  traceId: 't',
  spanId: 's',
  parentSpanId: undefined,
  pluginId: 'p',
  seq: 0,
  time: 0,
};
