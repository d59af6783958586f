/**
 * The SDK's `STS`, which `load.ts` loads.
 *
 * @module
 */
export { STS } from "@aws-sdk/client-sts";
