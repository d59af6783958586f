/**
 * Settings of the SDK's clients with which tests make calls of their own.
 *
 * @module
 */

/**
 * The SDK's defaults. If they are not given, each client looks for others in the environment, in files
 * and in the operating system, which takes longer than its first call.
 */
export const SDK_DEFAULTS = {
  authSchemePreference: [] as string[],
  defaultsMode: "legacy",
  defaultUserAgentProvider: () => Promise.resolve([["aws-sdk-js", "test"]] as [string, string][]),
  retryMode: "standard",
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  userAgentAppId: "",
} as const;

/** The same for clients of S3. */
export const S3_DEFAULTS = {
  ...SDK_DEFAULTS,
  disableS3ExpressSessionAuth: false,
  requestChecksumCalculation: "WHEN_SUPPORTED",
  responseChecksumValidation: "WHEN_SUPPORTED",
} as const;
