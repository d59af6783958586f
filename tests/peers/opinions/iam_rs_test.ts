/** `deno task test:peers`: a second opinion on our policy engine, by the crate iam-rs. */
import { IAM_RS, iamRsCase } from "./iam_rs.ts";
import { opinionTest } from "./compare.ts";
import { missingEngine } from "./support.ts";

opinionTest(IAM_RS, missingEngine("iam-rs"), iamRsCase, 32_000);
