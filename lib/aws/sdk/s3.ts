/**
 * The SDK's `S3`, which `load.ts` loads.
 *
 * @module
 */
export { S3 } from "@aws-sdk/client-s3";
