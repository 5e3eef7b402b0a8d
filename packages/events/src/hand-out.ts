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
      for (let next = backlog.shift(); next !== undefined; next = backlog.shift()) dispatch(...next);
    } finally {
      isBusy = false;
    }
  };
}
