/** The same for the published runtime, which calls a default export with the context first. */
export default {
  async execute(_context, input) {
    return input;
  },
};
