import { createError } from '@kb-labs/contracts';
import { z } from 'zod';

/** Parses the positional arguments of one host function. Throws `ERR_INVALID_ARGUMENT` that names the function and the place, never the value. */
export function parseArguments<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  args: readonly unknown[],
): z.output<Schema> {
  const parsed = schema.safeParse(args);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue === undefined ? '' : issue.path.map(String).join('/').slice(0, 64);
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 8).map((key) => key.slice(0, 64)) : [];
  const problem = keys.length > 0 ? `unknown option ${keys.join(', ')}` : (issue?.message ?? 'malformed');
  throw createError('ERR_INVALID_ARGUMENT', `${name}: argument ${place === '' ? 'list' : place}: ${problem}`, {
    details: { function: name, argument: place, ...(keys.length > 0 ? { unknown: keys } : {}) },
    hint: keys.length > 0 ? leaveOut(keys, knownKeys(schema, issue?.path ?? [])) : `look at the signature of ${name}`,
  });
}

function leaveOut(keys: readonly string[], known: readonly string[]): string {
  return `leave out ${keys.join(', ')}${known.length === 0 ? '' : `; there are ${known.join(', ')}`}`;
}

/** The keys of the object that stands at a place; none where it is no object there. */
function knownKeys(schema: unknown, [next, ...rest]: readonly PropertyKey[]): readonly string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return knownKeys(schema.unwrap(), next === undefined ? [] : [next, ...rest]);
  }
  if (schema instanceof z.ZodTuple && typeof next === 'number') return knownKeys(schema.def.items[next], rest);
  if (!(schema instanceof z.ZodObject)) return [];
  return next === undefined ? Object.keys(schema.shape) : knownKeys(Reflect.get(schema.shape, next), rest);
}

/** The members that were given; one that is `undefined` counts as absent, and absent is not the same to who gets them. */
export function givenOptions<Options extends object>(
  options: Options | undefined,
): { readonly [Name in keyof Options]?: Exclude<Options[Name], undefined> } {
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  // The filter is what the type says.
  return Object.fromEntries(given) as { readonly [Name in keyof Options]?: Exclude<Options[Name], undefined> };
}
