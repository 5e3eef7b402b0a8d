// Here for the compile cache to have something to keep.
export const used = Array.from({ length: 64 }, (_, index) => index);
