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

/** The most entries that IAM puts on a page. */
export const IAM_PAGE_SIZE = 1000;

/**
 * Follows all pages of a listing of IAM, and gives entries as their page arrives.
 *
 * @param call asks for a page
 * @param entriesOf the entries of a page
 * @returns the entries of all pages
 * @throws what `call` throws
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
    marker = page.IsTruncated ? page.Marker : undefined;
  } while (marker !== undefined);
}
