// The trivial handler, as pools of workers want it.
export default function trivial(input) {
  return input;
}
