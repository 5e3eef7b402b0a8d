import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import {
  ArtifactBroker,
  createFileArtifactStore,
  createOverlayStore,
  parsePathTemplate,
  renderPathTemplate,
  writeDeclaredArtifacts,
} from '@kb-labs/artifacts';
import { createError } from '@kb-labs/contracts';
import type { ArtifactStore, Clock } from '@kb-labs/contracts';
import type { ArtifactOutlet } from '../artifact-outlet.js';

/** Artifacts in the store of the host, or in files below the root of each run. */
export function artifactOutlet(store: ArtifactStore | undefined, clock: Clock): ArtifactOutlet {
  const folderFor = (root: string): string => join(root, '.kb');
  return {
    check(declarations, variables) {
      const names = Object.keys(variables);
      for (const { pathTemplate } of declarations) {
        renderPathTemplate(parsePathTemplate(pathTemplate, { variables: names }), variables);
      }
    },
    write: (job) => writeDeclaredArtifacts({ ...job, clock }),
    folderFor,
    storeFor: (root) => store ?? openEmbeddedStore(folderFor(root), clock),
    overlay: (opened) => createOverlayStore(opened, { clock }),
    accessFor: (opened, pluginId, rules) => new ArtifactBroker({ store: opened, pluginId, rules, clock }),
  };
}

/** The store itself follows no link in its folder or below; this is the folder above it, which a hostile checkout may bring along. */
function openEmbeddedStore(folder: string, clock: Clock): ArtifactStore {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    throw createError('ERR_PERMISSION_DENIED', 'the embedded artifact store follows no links, and ".kb" is one', {
      details: { name: '.kb' },
      hint: 'remove the link, or give the runtime an artifactStore',
    });
  }
  return createFileArtifactStore({ directory: join(folder, 'artifacts'), clock });
}
