import packageJson from '../package.json' with { type: 'json' };

/** The version of this runtime: what a manifest's `engines.runtime` is compared with. That of package.json when it was built. */
export const RUNTIME_VERSION: string = packageJson.version;
