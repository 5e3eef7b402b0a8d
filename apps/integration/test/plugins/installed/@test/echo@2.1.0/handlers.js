export function say(input) {
  return { version: 2, input };
}
