/** A handler as small as one with something to say can be. */
export async function greet({ name, times }) {
  const text = `hello ${name}`.repeat(times);
  return { text, length: text.length };
}

/** Gives back what it is given. */
export async function echo(input) {
  return input;
}
