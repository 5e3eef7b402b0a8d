import { relative, sep } from 'node:path';
import type { HandlerModule, SandboxCall } from '@kb-labs/contracts';

/** The folder of a plugin as its guest sees it: no path of the host goes in. */
export const GUEST_ROOT = '/plugin';
/** The name of a plugin's one module in stacks, inside that folder. */
export const BUNDLE_NAME = '[bundle]';

/** A file of the plugin by the name that the guest knows it by. */
export function toGuestPath(file: string, root: string): string {
  return `${GUEST_ROOT}/${relative(root, file).split(sep).join('/')}`;
}

/** A call with the files in it by those names. */
export function toGuestCall(call: SandboxCall, root: string): SandboxCall {
  const rename = <Module extends HandlerModule | undefined>(module: Module): Module =>
    module === undefined ? module : { ...module, file: toGuestPath(module.file, root) };
  return {
    ...call,
    handler: rename(call.handler),
    inputSchema: rename(call.inputSchema),
    outputSchema: rename(call.outputSchema),
    outputParts: call.outputParts.map((part) => ({ ...part, schema: rename(part.schema) })),
  };
}

/** Each file that a call names, once. */
export function filesOf({ handler, inputSchema, outputSchema, outputParts }: SandboxCall): readonly string[] {
  const modules = [handler, inputSchema, outputSchema, ...outputParts.map(({ schema }) => schema)];
  return [...new Set(modules.flatMap((module) => (module === undefined ? [] : [module.file])))];
}
