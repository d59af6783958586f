/** The cases from AWS's documentation. */
import type { Group } from "./documented.ts";
import { ACTIONS_AND_RESOURCES } from "./documented_actions_cases.ts";
import { MULTIPART_UPLOADS } from "./documented_multipart_cases.ts";
import { OPERATIONS } from "./documented_operations_cases.ts";
import { OPERATORS_OF_CONDITIONS } from "./documented_operators_cases.ts";
import { POLICIES } from "./documented_policies_cases.ts";
import { PREFIXES } from "./documented_prefix_cases.ts";
import { NAMED_PRINCIPALS } from "./documented_principals_cases.ts";
import { PUBLIC_ACCESS } from "./documented_public_cases.ts";
import { REQUESTS } from "./documented_requests_cases.ts";
import { S3_CONDITION_KEYS } from "./documented_s3_keys_cases.ts";
import { SESSIONS } from "./documented_session_cases.ts";
import { SEVERAL_TESTS } from "./documented_several_cases.ts";
import { VARIABLES_AND_VERSIONS } from "./documented_variables_cases.ts";

/** All groups, in the order in which they are tried. */
export const GROUPS: Group[] = [
  ...POLICIES,
  ...SESSIONS,
  ...NAMED_PRINCIPALS,
  ...PUBLIC_ACCESS,
  ...ACTIONS_AND_RESOURCES,
  ...VARIABLES_AND_VERSIONS,
  ...OPERATORS_OF_CONDITIONS,
  ...SEVERAL_TESTS,
  ...PREFIXES,
  ...S3_CONDITION_KEYS,
  ...REQUESTS,
  ...OPERATIONS,
  ...MULTIPART_UPLOADS,
];
