// The texts of `guest/web/main.ts` and `guest/url/main.ts` as scripts, put there by tsup.config.ts.
declare module 'kb:web' {
  const source: string;
  export default source;
}
declare module 'kb:url' {
  const source: string;
  export default source;
}

// It has no types of its own: these are the global ones.
declare module 'core-js-pure/actual/url/index.js' {
  const made: typeof URL;
  export default made;
}
declare module 'core-js-pure/actual/url-search-params/index.js' {
  const made: typeof URLSearchParams;
  export default made;
}
