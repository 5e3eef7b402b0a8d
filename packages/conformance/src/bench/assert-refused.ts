/** Rejects where a call is not refused with this code, thrown at once or later. `what` names the call for whoever reads the failure. */
export async function assertRefused(call: () => unknown, code: string, what = 'the call'): Promise<void> {
  let thrown: unknown;
  try {
    await call();
  } catch (error) {
    if (codeOf(error) === code) return;
    thrown = error;
  }
  const got = thrown === undefined ? 'was accepted' : `ended with ${describeThrown(thrown)}`;
  throw new Error(`${what} ${got}, and owes ${code}`, { cause: thrown });
}

/** An argument as it is told in a failure: JSON, and so in plain characters, cut where it is long. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function describeThrown(error: unknown): string {
  if (!(error instanceof Error)) return show(error);
  const code = codeOf(error);
  return code === undefined ? `${error.name}: ${error.message}` : `${String(code)}: ${error.message}`;
}
