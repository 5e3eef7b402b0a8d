/**
 * The rooms that one execution passes, in this order. The plugin's own schemas run in the sandbox, so events and metrics count them
 * to `handler`, while the `error.stage` of what they refuse says `input` or `output`.
 */
export type StageName =
  | 'prepare'
  | 'permissions'
  | 'capabilities'
  | 'queue'
  | 'sandbox'
  | 'input'
  | 'handler'
  | 'output'
  | 'artifacts';
