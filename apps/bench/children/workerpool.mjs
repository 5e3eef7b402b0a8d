// The trivial handler, as workerpool wants it.
import workerpool from 'workerpool';

workerpool.worker({ trivial: (input) => input });
