/** The cases from AWS's documentation. */
import type { Group } from "./harness.ts";
import { ACTIONS_AND_RESOURCES } from "./actions_cases.ts";
import { MULTIPART_UPLOADS } from "./multipart_cases.ts";
import { OPERATIONS } from "./operations_cases.ts";
import { OPERATORS_OF_CONDITIONS } from "./operators_cases.ts";
import { POLICIES } from "./policies_cases.ts";
import { PREFIXES } from "./prefix_cases.ts";
import { NAMED_PRINCIPALS } from "./principals_cases.ts";
import { PUBLIC_ACCESS } from "./public_cases.ts";
import { REQUESTS } from "./requests_cases.ts";
import { S3_CONDITION_KEYS } from "./s3_keys_cases.ts";
import { SESSIONS } from "./session_cases.ts";
import { SEVERAL_TESTS } from "./several_cases.ts";
import { VARIABLES_AND_VERSIONS } from "./variables_cases.ts";

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
