// oxlint-disable-next-line import/no-cycle -- the attack itself
import { own } from './circle.js';

export const name = () => `back to ${own}`;
