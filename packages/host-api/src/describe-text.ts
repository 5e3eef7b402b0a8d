import { describeTarget } from '@kb-labs/permissions';

/** A text of a guest as a log may show it: at most 1 024 characters, and those that do not print escaped. */
export function describeText(text: string): string {
  // Names of variables are shown as they are but for that, and there is to be one way of doing it.
  return describeTarget({ kind: 'env', name: text });
}
