/**
 * The SDK's `IAM`, which `load.ts` loads.
 *
 * @module
 */
export { IAM } from "@aws-sdk/client-iam";
