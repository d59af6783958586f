/**
 * Ways of new credentials to their user.
 *
 * @module
 */
export { deliver } from "./deliver.ts";
export { PrivateFile } from "./private_file.ts";
export { checkProfile, saveProfile } from "./profile_file.ts";
