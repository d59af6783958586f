/**
 * The policy that grants what commands need.
 *
 * @module
 */
import type { PolicyDocument } from "../../policy/document.ts";
import type { CommandPermission } from "./permission_table.ts";

/** A policy with a statement for each resource and condition; `undefined` if nothing is needed. */
export function permissionsDocument(
  permissions: readonly CommandPermission[],
): PolicyDocument | undefined {
  if (permissions.length === 0) return undefined;
  const statements = Map.groupBy(
    permissions,
    ({ resource, condition }) => JSON.stringify([resource, condition]),
  );
  return {
    Version: "2012-10-17",
    Statement: [...statements.values()].map((group) => {
      const { resource, condition } = group[0]!;
      return {
        Effect: "Allow",
        Action: [...new Set(group.map(({ action }) => action))],
        Resource: resource,
        ...(condition && { Condition: condition }),
      };
    }),
  };
}
