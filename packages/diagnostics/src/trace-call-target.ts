import * as types from 'node:util/types';

/** Where the first argument of a host call is an object, what of it says what the call is about. */
const KEYS = ['url', 'target', 'path', 'pattern', 'topic', 'uri'];
const FIRST_WORDS = 4;

/**
 * What a host call is about, for a person: a path, a URL without user info and query, a topic, a command. Takes what it finds at one of a few
 * places and looks at nothing else, however large the arguments are; runs no getter and no trap.
 */
export function callTarget(name: string, args: readonly unknown[]): string | undefined {
  const [first, second] = args;
  if (name === 'shell.run' && typeof first === 'string' && Array.isArray(second)) return commandLine(first, second);
  const text = typeof first === 'string' ? first : fromObject(first);
  return text !== undefined && name.startsWith('net.') ? withoutSecrets(text) : text;
}

function fromObject(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return undefined;
  for (const key of KEYS) {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    if (descriptor !== undefined && typeof descriptor.value === 'string') return descriptor.value;
  }
  return undefined;
}

function commandLine(command: string, args: readonly unknown[]): string {
  const words = args.slice(0, FIRST_WORDS).filter((word) => typeof word === 'string');
  return [command, ...words, ...(args.length > FIRST_WORDS ? ['…'] : [])].join(' ');
}

function withoutSecrets(url: string): string | undefined {
  if (url.length > 8192 || !URL.canParse(url)) return undefined;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
