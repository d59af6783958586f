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
 * Entries of IAM in a page. It would give 1,000; but parsing so long a page leaves so much garbage that the
 * memory of a long list grows by half.
 */
export const IAM_PAGE_SIZE = 250;

/** The marker of the next page; throws if it leads to the same page again, and so would never end. */
export function assertNewMarker(
  marker: string | undefined,
  next: string | undefined,
): string | undefined {
  if (next === undefined || next !== marker) return next;
  // The name of an error that has no code of AWS's.
  throw Object.assign(new Error("the server repeated a page token"), { name: "Unknown" });
}

/** The entries of all pages of a list of IAM, as each page arrives. */
export async function* iamPages<P extends IamPage, T>(
  call: (page: { Marker?: string; MaxItems: number }) => Promise<P>,
  entriesOf: (page: P) => T[] | undefined,
): AsyncGenerator<T> {
  let marker: string | undefined;
  do {
    const page: P = await call({
      MaxItems: IAM_PAGE_SIZE,
      Marker: marker,
    });
    yield* entriesOf(page) ?? [];
    marker = assertNewMarker(marker, page.IsTruncated ? page.Marker : undefined);
  } while (marker !== undefined);
}

/**
 * Fetches the details of each entry, of up to `limit` entries concurrently, and gives them in the order of
 * the entries. If the list fails midway, the details of all entries before are given, then its error.
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
