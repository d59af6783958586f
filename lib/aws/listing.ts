/**
 * Lists that come in pages.
 *
 * @module
 */
import { mapOrdered } from "../concurrency.ts";

/** A page of any of IAM's lists. */
export interface IamPage {
  /** Whether more pages follow. */
  IsTruncated?: boolean | undefined;
  /** Where the next page starts. */
  Marker?: string | undefined;
}

/**
 * Entries of IAM in a page. IAM would send 1,000, but parsing such a long page leaves so much garbage that
 * the memory of a long list grows by half.
 */
export const IAM_PAGE_SIZE = 250;

/** AWS may send some pages without an entry, but not for good. */
const MAX_EMPTY_PAGES = 1_000;

/** Follows the markers of pages, and fails if they would never end. */
export class PageMarkers {
  #last: string | undefined;
  #emptyPages = 0;

  /** The marker of the next page after one with so many entries; `undefined` after the last one. */
  next(marker: string | undefined, entries: number): string | undefined {
    if (!marker) return undefined;
    if (marker === this.#last) throw endless("the server repeated a page token");
    this.#emptyPages = entries > 0 ? 0 : this.#emptyPages + 1;
    if (this.#emptyPages >= MAX_EMPTY_PAGES) {
      throw endless(`the server sent ${MAX_EMPTY_PAGES} empty pages`);
    }
    return this.#last = marker;
  }
}

/** The name of an error that has no code of AWS's. */
function endless(message: string): Error {
  return Object.assign(new Error(message), { name: "Unknown" });
}

/** The entries of all pages of a list of IAM, as each page arrives. */
export async function* iamPages<P extends IamPage, T>(
  call: (page: { Marker?: string; MaxItems: number }) => Promise<P>,
  entriesOf: (page: P) => T[] | undefined,
): AsyncGenerator<T> {
  const markers = new PageMarkers();
  let marker: string | undefined;
  do {
    const page: P = await call({
      MaxItems: IAM_PAGE_SIZE,
      Marker: marker,
    });
    const entries = entriesOf(page) ?? [];
    yield* entries;
    marker = markers.next(page.IsTruncated ? page.Marker : undefined, entries.length);
  } while (marker !== undefined);
}

/**
 * Fetches the details of each entry, of up to `limit` entries concurrently, and yields them in the order of
 * the entries. If the list fails midway, yields the details of all entries before, then throws its error.
 */
export async function* withDetails<T, R>(
  entries: Iterable<T> | AsyncIterable<T>,
  fetch: (entry: T) => Promise<R>,
  limit?: number,
): AsyncGenerator<R> {
  let failure: { error: unknown } | undefined;
  async function* untilFailure() {
    try {
      yield* entries;
    } catch (error) {
      failure = { error };
    }
  }
  yield* mapOrdered(untilFailure(), fetch, limit);
  if (failure !== undefined) throw failure.error;
}
