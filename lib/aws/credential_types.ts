/**
 * Credentials in the shape that AWS's SDK for JavaScript gives and takes.
 *
 * @module
 */

/** The SDK's `AwsCredentialIdentity`: what a client of AWS signs with. */
export interface AwsCredentialIdentity {
  /** The access key's id, such as `AKIA…` or, for temporary credentials, `ASIA…`. */
  readonly accessKeyId: string;
  /** The secret access key. */
  readonly secretAccessKey: string;
  /** The token of temporary credentials. */
  readonly sessionToken?: string;
  /** When temporary credentials expire. */
  readonly expiration?: Date;
  /** The region or service that the credentials are limited to. */
  readonly credentialScope?: string;
  /** The account's number. */
  readonly accountId?: string;
}

/** The SDK's `AwsCredentialIdentityProvider`: called again before its credentials expire. */
export type AwsCredentialIdentityProvider = () => Promise<AwsCredentialIdentity>;
