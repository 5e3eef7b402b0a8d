import type { Parcel } from './envelope.js';
import type { Route } from './routes.js';

/** Hands an event to all who listen. */
export type HandOut = (route: Route, parcel: Parcel) => void;

/** The same, where what is handed out meanwhile (a report may publish) comes after it, so that all who listen see one order. */
export function createHandOut(dispatch: HandOut): HandOut {
  const backlog: (readonly [Route, Parcel])[] = [];
  let isBusy = false;
  return (route, parcel) => {
    if (isBusy) {
      backlog.push([route, parcel]);
      return;
    }
    isBusy = true;
    try {
      dispatch(route, parcel);
      // Looked at first: a `shift` of nothing takes 8 ns, and mostly there is nothing.
      while (backlog.length > 0) {
        const next = backlog.shift();
        if (next !== undefined) dispatch(...next);
      }
    } finally {
      isBusy = false;
    }
  };
}
