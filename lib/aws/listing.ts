import { mapOrdered } from "../concurrency.ts";
/**
 * Listings that come in pages.
 *
 * @module
 */

/** A page of any of IAM's listings. */
export interface IamPage {
  /** Whether more pages follow. */
  IsTruncated?: boolean | undefined;
  /** What to ask the next page with. */
  Marker?: string | undefined;
}

/**
 * How many entries of IAM to ask for at a time. It would give 1,000; but reading so long a page leaves so
 * much garbage behind that the memory of a long listing grows by half.
 */
export const IAM_PAGE_SIZE = 250;

/**
 * Sees to it that a listing comes to its end, whatever the server answers.
 *
 * @param marker what this page was asked for with
 * @param next what to ask for the next page with, if there is one
 * @returns `next`
 * @throws {Error} if it leads to the same page again
 */
export function assertNewMarker(
  marker: string | undefined,
  next: string | undefined,
): string | undefined {
  if (next === undefined || next !== marker) return next;
  // The name of an error that has no code of AWS's.
  throw Object.assign(new Error("the listing does not move on"), { name: "Unknown" });
}

/**
 * Follows all pages of a listing of IAM, and gives entries as their page arrives.
 *
 * @param call asks for a page
 * @param entriesOf the entries of a page
 * @returns the entries of all pages
 * @throws what `call` throws, and where the listing does not move on
 */
export async function* iamPages<P extends IamPage, T>(
  call: (page: { Marker?: string; MaxItems: number }) => Promise<P>,
  entriesOf: (page: P) => T[] | undefined,
): AsyncGenerator<T> {
  let marker: string | undefined;
  do {
    const page: P = await call({
      MaxItems: IAM_PAGE_SIZE,
      ...(marker !== undefined && { Marker: marker }),
    });
    yield* entriesOf(page) ?? [];
    marker = assertNewMarker(marker, page.IsTruncated ? page.Marker : undefined);
  } while (marker !== undefined);
}

/**
 * Fetches the details of each entry of a listing, for several entries at the same time, and gives them
 * in the listing's order. Should the listing break off, what was begun is still given.
 *
 * @param entries the listing
 * @param fetch fetches the details of one entry
 * @param limit for how many entries at the same time
 * @returns the details, one for each entry
 * @throws what `fetch` throws; or what the listing throws, after the details of all entries before
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
