import type { z } from 'zod';

/** What a schema may find wrong with a value, but for keys that it does not know. */
export type SchemaIssue = Exclude<z.core.$ZodIssue, z.core.$ZodIssueUnrecognizedKeys>;

/** What is wrong with a value, as it stands behind `at /fs: `, in words that do not name the schema library's notions. */
export function describeIssue(issue: SchemaIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return wanted(kindName(issue.expected), value);
    case 'invalid_value':
      return wanted(issue.values.map(choiceName).join(' or '), value);
    case 'too_small':
      return issue.origin === 'array' ? 'must not be empty' : outOfBounds(issue.origin, `at least ${issue.minimum}`);
    case 'too_big':
      return outOfBounds(issue.origin, `at most ${issue.maximum}`);
    default:
      return lowerFirst(issue.message);
  }
}

function wanted(what: string, value: unknown): string {
  if (value === undefined) return `is missing; write ${what}`;
  return `must be ${what}, not ${typeof value === 'string' ? shown(value) : typeName(value)}`;
}

function choiceName(choice: unknown): string {
  return typeof choice === 'string' ? JSON.stringify(choice) : String(choice);
}

function kindName(kind: string): string {
  const names: Readonly<Record<string, string>> = {
    object: 'an object',
    array: 'a list',
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
  };
  return names[kind] ?? kind;
}

function typeName(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
}

function shown(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}

function outOfBounds(origin: string, bound: string): string {
  if (origin === 'array') return `must have ${bound} entries`;
  return origin === 'string' ? `must have ${bound} characters` : `must be ${bound}`;
}

// Messages of the schema library start like sentences.
function lowerFirst(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}
