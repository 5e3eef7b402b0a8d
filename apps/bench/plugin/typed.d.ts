export function greet(input: { name: string; times: number }): Promise<{ text: string; length: number }>;
export function echo<Input>(input: Input): Promise<Input>;
