// The wire that sandbox adapters share, name by name.
export {};
