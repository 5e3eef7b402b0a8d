/** The rooms that one execution passes, in this order. */
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
