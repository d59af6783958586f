/**
 * The SDK's `S3Control`, which `load.ts` loads.
 *
 * @module
 */
export { S3Control } from "@aws-sdk/client-s3-control";
