// The public names of this package, one by one.
export {};
