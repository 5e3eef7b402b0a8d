/** All that a handler of any place can do. */
export const handle = () => 'handled';
export const value = 42;
export const list = [handle];
const nested = { handle, nested: { handle } };
// oxlint-disable-next-line import/no-default-export -- the attack itself
export { nested as default };
export class Handler {
  handle() {}
}

/** Code made of text, and what it can reach. */
export function makesCode() {
  const made = [];
  const attempt = (name, work) => {
    try {
      made.push([name, work()]);
    } catch (error) {
      made.push([name, error.name]);
    }
  };
  const { eval: indirect } = globalThis;
  attempt('eval', () => indirect('1 + 1'));
  attempt('Function', () => new Function('return 1 + 1')());
  attempt('a constructor', () => (() => undefined).constructor('return 1 + 1')());
  return made;
}
