// oxlint-disable-next-line import/no-cycle -- the attack itself
import { name } from './circle-back.js';

export const own = 'circle';
export const handle = () => name();
