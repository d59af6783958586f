/**
 * The policy that grants what commands need.
 *
 * @module
 */
import type { PolicyDocument } from "../../policy/document.ts";
import type { Partition } from "../../partitions.ts";
import type { CommandPermission } from "./permission_table.ts";

/** A text of the table of permissions with the ARNs of another partition. */
export function inPartition(text: string, partition: Partition): string {
  return text.replaceAll("arn:aws:", `arn:${partition}:`);
}

/** A policy with a statement for each resource and condition; `undefined` if nothing is needed. */
export function permissionsDocument(
  permissions: readonly CommandPermission[],
  partition: Partition = "aws",
): PolicyDocument | undefined {
  if (permissions.length === 0) return undefined;
  const statements = Map.groupBy(
    permissions,
    ({ resource, condition }) => JSON.stringify([resource, condition]),
  );
  const document: PolicyDocument = {
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
  return JSON.parse(inPartition(JSON.stringify(document), partition));
}
