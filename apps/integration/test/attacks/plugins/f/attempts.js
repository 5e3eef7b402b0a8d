/** Does each thing in turn and tells what came of it: the code that it was refused with, or what it got. */
export async function tryAll(attempts) {
  const outcomes = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      outcomes[name] = `got ${String(await attempt()).slice(0, 80)}`;
    } catch (error) {
      outcomes[name] = String(error?.code ?? error);
    }
  }
  return outcomes;
}
