/** A value as JSON has it: no `undefined`, no dates, no bytes, no NaN. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
/** An object as JSON has it. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}
