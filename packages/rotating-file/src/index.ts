// The public names of this package, one by one.
export { RotatingFile } from './rotating-file.js';
export type { RotationLimits } from './rotating-file.js';
