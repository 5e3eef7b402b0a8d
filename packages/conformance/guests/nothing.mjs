/** What a guest answers that finds nothing to try: not every sandbox has all of Node. */
export const NOTHING = 'there is no such thing';
