/** Service control policies and resource control policies. */
import assert from "node:assert/strict";
import { ALL, aws, DENY, READ, type Scene, SILENT, to, USER, verdict } from "./evaluate_scene.ts";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html */
const SCENES: [name: string, scene: Scene, expected: string][] = [
  ["service control policies that allow on each level", {
    identity: [READ],
    scp: [[ALL], [READ]],
  }, "allowed"],
  ["a level that is silent", { identity: [READ], scp: [[ALL], [SILENT]] }, "service-control"],
  ["a level that is silent above one that allows", {
    identity: [READ],
    scp: [[SILENT], [ALL]],
  }, "service-control"],
  ["a level that denies", { identity: [READ], scp: [[ALL, DENY], [ALL]] }, "denied"],
  ["service control policies grant nothing", { scp: [[ALL]] }, "identity"],
  ["service control policies limit what a bucket policy grants", {
    bucket: [aws(USER, READ)],
    scp: [[SILENT]],
  }, "service-control"],
  ["a resource control policy that allows", { identity: [READ], rcp: [[to("*", ALL)]] }, "allowed"],
  ["a resource control policy that denies a stranger", {
    principal: "anonymous",
    bucket: [to("*", READ)],
    rcp: [[to("*", ALL), to("*", DENY)]],
  }, "denied"],
  ["a resource control level that is silent", {
    identity: [READ],
    rcp: [[to("*", SILENT)]],
  }, "resource-control"],
];

for (const [name, scene, expected] of SCENES) {
  Deno.test(`evaluate: ${name}: ${expected}`, () => assert.equal(verdict(scene), expected));
}
