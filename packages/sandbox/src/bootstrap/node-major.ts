/** The major version of the Node that runs this guest: some guards stand in only for what older ones do not refuse by themselves. */
export const NODE_MAJOR: number = Number.parseInt(process.versions.node, 10);
