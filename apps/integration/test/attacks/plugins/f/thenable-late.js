/** Waits while it loads, so that it cannot be required. */
await Promise.resolve();

function call(resolve) {
  globalThis.wasCalled = true;
  resolve?.({ handle: () => 'of the thenable' });
}

// oxlint-disable-next-line unicorn/no-thenable -- the attack itself
export { call as then };
export const handle = () => ({ handled: true, called: globalThis.wasCalled === true });
