/** `deno task test:peers`: a second opinion on our policy engine, by iam-simulate, in a process of its own. */
import { IAM_SIMULATE, iamSimulateCase } from "./iam_simulate.ts";
import { opinionTest } from "./compare.ts";
import { missingEngine } from "./support.ts";

opinionTest(IAM_SIMULATE, missingEngine("iam-simulate"), iamSimulateCase, 24_000);
