const PAGE_BYTES = 65_536;

/** The memory of one interpreter. It grows up to its cap and no further, whatever runs in it. */
export interface CappedMemory {
  readonly memory: WebAssembly.Memory;
  /** Whether the last wish to grow was refused. An allocator asks again for less before it gives up, so a wish that was met clears it. */
  isRefused(): boolean;
}

/** Makes it. `onGrown` hears the size in bytes. */
export function createCappedMemory(
  sizes: { readonly initialBytes: number; readonly maxBytes: number },
  onGrown: (bytes: number) => void,
): CappedMemory {
  const initial = sizes.initialBytes / PAGE_BYTES;
  const memory = new WebAssembly.Memory({
    initial,
    maximum: Math.max(initial, Math.floor(sizes.maxBytes / PAGE_BYTES)),
  });
  const grow = memory.grow.bind(memory);
  let refused = false;
  // The glue of emscripten grows memory by this method, and swallows its refusal.
  memory.grow = (pages) => {
    refused = true;
    const before = grow(pages);
    refused = false;
    onGrown(memory.buffer.byteLength);
    return before;
  };
  onGrown(memory.buffer.byteLength);
  return { memory, isRefused: () => refused };
}
