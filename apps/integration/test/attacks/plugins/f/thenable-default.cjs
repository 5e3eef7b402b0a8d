const call = (resolve) => resolve({ handle: () => 'of the thenable' });

Object.defineProperty(module.exports, ['th', 'en'].join(''), { value: call, enumerable: true });
module.exports.handle = () => 'handled';
