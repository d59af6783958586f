/** The table of actions that is generated from AWS's Service Authorization Reference. */
import assert from "node:assert/strict";
import {
  ACTIONS_UPDATED,
  allActions,
  arnFormat,
  conditionKeyType,
  findAction,
  isKnownService,
} from "../../lib/policy/actions.ts";

Deno.test("findAction: knows an action in either case", () => {
  const facts = findAction("S3:getobject");
  assert.equal(facts?.name, "s3:GetObject");
  assert.equal(facts.access, "Read");
  assert.deepEqual(facts.resources, ["accesspointobject", "object"]);
  assert.ok(facts.keys.includes("s3:ExistingObjectTag/*"));
  assert.ok(facts.keys.includes("s3:DataAccessPointArn"), "a key of the resource");
  assert.equal(findAction("s3:ListObjectsV2"), undefined);
  assert.deepEqual(findAction("s3:ListAllMyBuckets")?.resources, []);
  assert.equal(findAction("s3:PutBucketPolicy")?.access, "Permissions management");
  assert.equal(findAction("s3:PutObjectTagging")?.access, "Tagging");
});

Deno.test("allActions: all of the services that this tool deals with", () => {
  for (
    const [service, least] of [["s3", 170], ["s3express", 25], ["iam", 180], ["sts", 14], [
      "kms",
      50,
    ]] as const
  ) {
    assert.ok(isKnownService(service));
    assert.ok(allActions(service).length >= least, service);
  }
  assert.equal(new Set(allActions().map(({ name }) => name)).size, allActions().length);
  assert.ok(!isKnownService("ec2"));
  assert.ok(!isKnownService("constructor"));
  assert.match(ACTIONS_UPDATED, /^20\d\d-\d\d-\d\d$/);
});

Deno.test("arnFormat: every type of resource that an action takes has one", () => {
  assert.equal(arnFormat("s3", "bucket"), "arn:{Partition}:s3:::{BucketName}");
  for (const { name, resources } of allActions()) {
    for (const type of resources) {
      assert.ok(arnFormat(name.split(":")[0]!, type), `${name} ${type}`);
    }
  }
});

Deno.test("conditionKeyType: knows the keys of all services, and those with a name in them", () => {
  assert.equal(conditionKeyType("AWS:SourceIP"), "IPAddress");
  assert.equal(conditionKeyType("aws:PrincipalTag/team"), "String");
  assert.equal(conditionKeyType("s3:max-keys"), "Numeric");
  assert.equal(conditionKeyType("s3:ExistingObjectTag/a/b"), "String");
  assert.equal(conditionKeyType("kms:EncryptionContext:aws:s3:arn"), "String");
  assert.equal(conditionKeyType("s3:ExistingObjectTag"), undefined);
  assert.equal(conditionKeyType("s3:key-prefix"), undefined);
  assert.equal(conditionKeyType("ec2:Region"), undefined);
});
