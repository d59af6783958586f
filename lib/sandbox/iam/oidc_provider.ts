/**
 * The providers of identities that an account trusts.
 *
 * @module
 */
import type { Tag } from "../tag.ts";

/** A provider of OpenID Connect in IAM. */
export interface OidcProvider {
  /** ARN: that of the URL without its scheme. */
  arn: string;
  /** The issuer of its tokens, such as `https://token.actions.githubusercontent.com`. */
  url: string;
  /** When the provider was made. */
  createDate: Date;
  /** Audiences that its tokens may be for, in the order in which they were added. */
  clientIds: string[];
  /** Thumbprints of certificates, which the sandbox stores and doesn't use. */
  thumbprints: string[];
  /** In the order in which they were set. */
  tags: Tag[];
  /**
   * The public keys that its tokens are signed with, as JSON Web Keys. A test may set them; IAM has
   * nothing like it.
   */
  signingKeys?: JsonWebKey[];
}

/** What condition keys and ARNs call a provider: its URL without the scheme. */
export function issuerName({ url }: Pick<OidcProvider, "url">): string {
  return url.replace(/^https?:\/\//, "");
}
