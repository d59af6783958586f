/**
 * The providers of identities that an account trusts, and who they vouched for.
 *
 * @module
 */

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
  tags: { key: string; value: string }[];
  /**
   * The public keys that its tokens are signed with, as JSON Web Keys. A test may set them; IAM has
   * nothing like it.
   */
  signingKeys?: JsonWebKey[];
}

/** Who a session of AssumeRoleWithWebIdentity was given to. */
export interface WebIdentity {
  /** ARN of the provider. */
  provider: string;
  /** Condition keys from the token that every request of the session has, with their values. */
  context: Record<string, string | string[]>;
}

/** What condition keys and ARNs call a provider: its URL without the scheme. */
export function issuerName({ url }: Pick<OidcProvider, "url">): string {
  return url.replace(/^https?:\/\//, "");
}
