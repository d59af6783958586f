/**
 * Settings of the SDK's clients only.
 *
 * @module
 */
import { type Configuration, oneOf, trueOrFalse } from "../configuration.ts";

/** What the environment or the profile says about the SDK's clients. */
export interface SdkSettings {
  /** How often a request is sent at most. */
  maxAttempts: number;
  /** How long to wait before a retry; the SDK's own names. */
  retryMode: RetryMode;
  /** A name for the caller's program, for the header `User-Agent`. */
  userAgentAppId: string | undefined;
  /** When S3's client sends checksums to Amazon. */
  requestChecksumCalculation: ChecksumUse;
  /** When S3's client compares the checksums of Amazon's answers. */
  responseChecksumValidation: ChecksumUse;
  /** Whether S3's client may call another region that an ARN names; the SDK decides if it isn't set. */
  useArnRegion: boolean | undefined;
  /** Whether S3's client calls directory buckets without a session. */
  disableS3ExpressSessionAuth: boolean;
}

const RETRY_MODES = ["legacy", "standard", "adaptive"] as const;
type RetryMode = typeof RETRY_MODES[number];

const CHECKSUM_USES = ["WHEN_SUPPORTED", "WHEN_REQUIRED"] as const;
type ChecksumUse = typeof CHECKSUM_USES[number];

/** The SDK, unlike boto3, takes what follows a space and `#` or `;` for a comment. */
function withoutComment(text: string): string {
  return text.replace(/\s+[#;].*$/, "");
}

/** Reads these settings; an invalid one throws `usage`. */
export function sdkSettings({ setting }: Configuration): SdkSettings {
  const read: typeof setting = (variable, name, parse, expected) =>
    setting(variable, name, (text) => parse(withoutComment(text)), expected);
  const checksums = (variable: string, name: string) =>
    read(variable, name, oneOf(CHECKSUM_USES), CHECKSUM_USES.join(" or ")) ?? "WHEN_SUPPORTED";
  const choice = (variable: string, name: string) =>
    read(variable, name, trueOrFalse, "true or false");
  return {
    maxAttempts: read("AWS_MAX_ATTEMPTS", "max_attempts", attempts, "a number from 1 up") ?? 3,
    retryMode:
      read("AWS_RETRY_MODE", "retry_mode", oneOf(RETRY_MODES), "legacy, standard or adaptive") ??
        "standard",
    // One that is too long isn't refused: the SDK sends it, with a warning, as boto3 does.
    userAgentAppId: read("AWS_SDK_UA_APP_ID", "sdk_ua_app_id", (text) => text, "a name"),
    requestChecksumCalculation: checksums(
      "AWS_REQUEST_CHECKSUM_CALCULATION",
      "request_checksum_calculation",
    ),
    responseChecksumValidation: checksums(
      "AWS_RESPONSE_CHECKSUM_VALIDATION",
      "response_checksum_validation",
    ),
    useArnRegion: choice("AWS_S3_USE_ARN_REGION", "s3_use_arn_region"),
    disableS3ExpressSessionAuth: choice(
      "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH",
      "s3_disable_express_session_auth",
    ) ?? false,
  };
}

/** Takes the numbers that boto3 takes. */
function attempts(text: string): number | undefined {
  return /^\s*\+?0*[1-9]\d*\s*$/.test(text) ? Number(text) : undefined;
}
