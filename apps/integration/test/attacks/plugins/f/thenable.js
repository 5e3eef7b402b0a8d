/** A namespace that would be called if it were awaited. */
function call(resolve) {
  globalThis.wasCalled = true;
  resolve?.({ handle: () => 'of the thenable' });
}

// oxlint-disable-next-line unicorn/no-thenable -- the attack itself
export { call as then };
export const handle = () => ({ handled: true, called: globalThis.wasCalled === true });
