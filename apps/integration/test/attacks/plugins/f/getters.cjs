Object.defineProperty(exports, 'hidden', { value: () => 'hidden', enumerable: false });
Object.defineProperty(exports, 'thrown', {
  enumerable: true,
  get() {
    throw new Error('read');
  },
});
Object.setPrototypeOf(exports, { inherited: () => 'inherited' });
exports.handle = () => 'handled';
