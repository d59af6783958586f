/**
 * What AWS itself says to the questions of `can`: `--simulate` and `--probe`.
 *
 * @module
 */
import type { Aws } from "../../aws/connect.ts";
import type { Answer, Asker, Target } from "../../policy/ask.ts";
import { library } from "../library.ts";

/** What else was asked, and where it was answered otherwise. */
export interface SecondOpinion {
  /** What IAM's simulator said; `null` if it can't tell. */
  simulated?: string | null;
  /** What became of a call; `null` if there is none that changes nothing. */
  probed?: "allowed" | "denied" | null;
  /** Where these differ from the answer, a sentence each. */
  differences: string[];
}

/** Asks again what has been answered. */
export type Check = (
  answer: Answer,
  target: Target | undefined,
  asker: Asker,
) => Promise<SecondOpinion>;

/** The checks that the options name. */
export function checksOf(aws: Aws, options: { simulate: boolean; probe: boolean }): Check {
  return async (answer, target, { request, policies }) => {
    const { probeAccess, simulateAccess } = await library.secondOpinion();
    const { action, resource, decision } = answer;
    const found: SecondOpinion = { differences: [] };
    const question = `${action} on ${resource}`;
    if (options.simulate && typeof request.principal !== "string") {
      const { principal, context } = request;
      const { resource: resourcePolicy } = policies;
      const said = await simulateAccess(aws, {
        principal,
        action,
        resource,
        context,
        resourcePolicy,
      });
      found.simulated = said ?? null;
      if (said !== undefined && decision !== "unknown" && said !== decision) {
        found.differences.push(`IAM's simulator says ${said}, not ${decision}, of ${question}`);
      }
    }
    if (options.probe) {
      const bucket = target !== undefined && "bucket" in target ? target : undefined;
      const became = await probeAccess(aws, action, bucket);
      found.probed = became ?? null;
      const isAllowed = decision === "allowed";
      if (became !== undefined && decision !== "unknown" && isAllowed !== (became === "allowed")) {
        found.differences.push(`AWS ${became} ${question}, although the answer is ${decision}`);
      }
    }
    return found;
  };
}
