/**
 * The capabilities that exist, each with what it brings. A host adds its own by declaration merging:
 *
 *     declare module '@kb-labs/contracts' { interface CapabilityRegistry { 'acme.mail': true } }
 */
export interface CapabilityRegistry {
  readonly 'fs.read': true;
  readonly 'fs.write': true;
  readonly 'net.fetch': true;
  readonly 'env.read': true;
  readonly 'config.write': true;
  readonly 'artifacts.read': true;
  readonly 'artifacts.write': true;
  readonly 'events.publish': true;
  readonly 'events.subscribe': true;
  readonly 'analytics.track': true;
  readonly 'plugin.invoke': true;
  readonly 'shell.run': true;
  readonly 'presenter.show': true;
  readonly 'presenter.confirm': true;
}

/** A known capability, or any other string: a plugin may ask for what this host has never heard of, and will not get it. */
export type CapabilityName = keyof CapabilityRegistry | (string & {});

/** `missing` keeps the order and the spelling of what was required. */
export interface CapabilityCheck {
  readonly granted: readonly string[];
  readonly missing: readonly string[];
}
