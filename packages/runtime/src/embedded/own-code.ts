import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };

/** Where the runtime's own code lies, here and in the packages of ours that it is made of. */
export function ownCode(): readonly string[] {
  const require = createRequire(import.meta.url);
  const packages = Object.keys(packageJson.dependencies).filter((name) => name.startsWith('@kb-labs/'));
  return ['@kb-labs/plugin-runtime', ...packages].flatMap((name) => folderOf(`${name}/package.json`, require));
}

function folderOf(packageJson: string, require: NodeJS.Require): readonly string[] {
  try {
    return [realpathSync(dirname(require.resolve(packageJson)))];
  } catch {
    // A bundler has made it part of the host's own code, and that is the host's to keep out of a root.
    return [];
  }
}
