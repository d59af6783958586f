/** Patterns against the regular expressions that say the same. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseTemplate, substitute } from "../../lib/policy/language/variables.ts";
import {
  compilePattern,
  matchesPattern,
  type PatternKind,
} from "../../lib/policy/language/wildcard.ts";

function matches(pattern: string, text: string, kind: PatternKind = "text"): boolean {
  return matchesPattern(compilePattern([{ text: pattern, isLiteral: false }], kind), text);
}

/** Whether a regular expression that AWS's words about a pattern amount to matches. */
function isExpected(pattern: string, text: string, kind: PatternKind): boolean {
  return expression(inOneUnit(pattern), kind).test(inOneUnit(text));
}

/** The only character of two code units as one of one: the flag `u` would take most of the time. */
function inOneUnit(text: string): string {
  return text.replaceAll("😀", "☺");
}

function expression(pattern: string, kind: PatternKind): RegExp {
  let colons = 0;
  const source = Array.from(pattern, (character, index) => {
    if (character === ":") colons++;
    const isInSegment = kind !== "text" && colons < 5;
    if (character === "?") return isInSegment ? "[^:]" : ".";
    if (character !== "*") {
      return /[\\^$.*+?()[\]{}|]/.test(character) ? `\\${character}` : character;
    }
    const next = pattern[index + 1];
    const goesOn = kind === "resource" && (next === undefined || next === ":");
    return isInSegment && !goesOn ? "[^:]*" : ".*";
  });
  return new RegExp(`^${source.join("")}$`, "s");
}

const CHARACTER = fc.constantFrom("a", "b", "ab", "/", ":", "*", "?", "\n", "é", "😀", ".", "$");
const WILD = fc.constantFrom("*", "?", "*", "a", "b", ":", "/", "😀", "a*", "*b");
const PATTERN = fc.array(WILD, { maxLength: 9 }).map((parts) => parts.join(""));
const TEXT = fc.array(CHARACTER, { maxLength: 10 }).map((parts) => parts.join(""));
const ARN_START = fc.constantFrom(
  "arn:aws:s3:::",
  "arn:aws:s3:*:",
  "arn:aws:iam::12*:",
  "arn:aws:sns:us-*-1:12?4:",
  "arn:aws:sns:*:12*4:",
  "arn:*:s?:",
  "",
);
const ARN_TEXT = fc.constantFrom(
  "arn:aws:s3:::",
  "arn:aws:iam::1234:",
  "arn:aws:sns:us-east-1:1234:",
  "arn:aws:sns:us-east-1:12:4:1234:",
);

for (const kind of ["text", "resource", "arn"] as const) {
  Deno.test(`matchesPattern: agrees with a regular expression, kind ${kind}`, () => {
    const start = kind === "text" ? fc.constant("") : ARN_START;
    const textStart = kind === "text" ? fc.constant("") : ARN_TEXT;
    let matched = 0;
    fc.assert(
      fc.property(start, PATTERN, textStart, TEXT, (begin, end, textBegin, textEnd) => {
        const pattern = begin + end;
        const text = textBegin + textEnd;
        const expected = isExpected(pattern, text, kind);
        if (expected) matched++;
        assert.equal(matches(pattern, text, kind), expected, JSON.stringify({ pattern, text }));
      }),
      { numRuns: 10_000 },
    );
    assert.ok(matched > 25, `only ${matched} of the texts match`);
  });
}

Deno.test("matchesPattern: agrees with a regular expression where the text is made from the pattern", () => {
  const filling = fc.array(CHARACTER, { maxLength: 3 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(PATTERN, fc.array(filling, { minLength: 9, maxLength: 9 }), (pattern, fillings) => {
      let next = 0;
      const text = pattern.replace(/[*?]/g, () => fillings[next++ % fillings.length]!);
      const expected = isExpected(pattern, text, "text");
      assert.equal(matches(pattern, text), expected, JSON.stringify({ pattern, text }));
    }),
    { numRuns: 10_000 },
  );
});

/** Would take a matcher that tries everything longer than the universe has existed. */
Deno.test("matchesPattern: takes pattern times text steps at most", () => {
  const stars = "*a".repeat(200);
  assert.equal(matches(`${stars}b`, "a".repeat(20_000)), false);
  assert.equal(matches(`${stars}*`, "a".repeat(20_000)), true);
  const mixed = `arn:aws:sns:*:${"*1".repeat(50)}2*4:x`;
  assert.equal(matches(mixed, `arn:aws:sns:${"1:".repeat(5_000)}`, "resource"), false);
});

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html */
Deno.test("matchesPattern: a star reaches across slashes", () => {
  const pattern = "arn:aws:s3:::amzn-s3-demo-bucket/*/test/*";
  const may = (key: string) =>
    matches(pattern, `arn:aws:s3:::amzn-s3-demo-bucket/${key}`, "resource");
  for (
    const key of [
      "1/test/object.jpg",
      "1/2/test/object.jpg",
      "1/2/test/3/object.jpg",
      "1/2/3/test/4/object.jpg",
      "1///test///object.jpg",
      "1/test/.jpg",
      "/test/object.jpg",
      "1/test/",
    ]
  ) assert.ok(may(key), key);
  for (const key of ["1-test/object.jpg", "test/object.jpg", "1/2/test.jpg"]) {
    assert.ok(!may(key), key);
  }
});

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
Deno.test("matchesPattern: the example on which ArnLike and StringLike differ", () => {
  const pattern = "arn:aws:someservice:*:111122223333:finance/*";
  const text =
    "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt";
  assert.equal(matches(pattern, text, "text"), true);
  assert.equal(matches(pattern, text, "arn"), false);
});

Deno.test("matchesPattern: in the resource of an ARN, colons are ordinary characters", () => {
  for (const kind of ["resource", "arn"] as const) {
    assert.ok(matches("arn:aws:s3:::b/*.txt", "arn:aws:s3:::b/12:30.txt", kind));
    assert.ok(matches("arn:aws:s3:::b/12?30.txt", "arn:aws:s3:::b/12:30.txt", kind));
  }
});

Deno.test("matchesPattern: before the resource, only a star at a segment's end passes a colon", () => {
  const queue = "arn:aws:sqs:eu-west-1:123456789012:queue";
  assert.ok(matches("arn:aws:sqs:*:123456789012:queue", queue, "resource"));
  assert.ok(matches("arn:aws:sqs:*", queue, "resource"));
  assert.ok(matches("arn:aws:sqs:*:queue", queue, "resource"));
  assert.ok(!matches("arn:aws:sqs:e*1:queue", queue, "resource"));
  assert.ok(!matches("arn:aws:sqs:eu-west-1?123456789012:queue", queue, "resource"));
  assert.ok(!matches("arn:aws:sqs:*:queue", queue, "arn"));
});

function substituted(text: string, values: Record<string, string | string[]>, value: string) {
  const parts = substitute(parseTemplate(text, true), { get: (key) => values[key] });
  return parts && matchesPattern(compilePattern(parts, "text"), value);
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html */
Deno.test("parseTemplate: escapes stand for the characters themselves", () => {
  assert.equal(substituted("a${*}", {}, "a*"), true);
  assert.equal(substituted("a${*}", {}, "ab"), false);
  assert.equal(substituted("a${?}*", {}, "a?b"), true);
  assert.equal(substituted("a${?}", {}, "ab"), false);
  assert.equal(substituted("${$}{aws:username}", { "aws:username": "x" }, "${aws:username}"), true);
});

Deno.test("substitute: the value of a variable is text, not a pattern", () => {
  assert.equal(substituted("home/${aws:username}/*", { "aws:username": "*" }, "home/bob/x"), false);
  assert.equal(substituted("home/${aws:username}/*", { "aws:username": "*" }, "home/*/x"), true);
  assert.equal(substituted("${AWS:UserName}", { "aws:username": "bob" }, "bob"), true);
});

Deno.test("substitute: takes the default where the request has no value", () => {
  const team = "${aws:PrincipalTag/team, 'company-wide'}";
  assert.equal(substituted(team, {}, "company-wide"), true);
  assert.equal(substituted(team, { "aws:principaltag/team": "yellow" }, "yellow"), true);
  assert.equal(substituted(team, { "aws:principaltag/team": "yellow" }, "company-wide"), false);
  assert.equal(substituted(team, { "aws:principaltag/team": "" }, "company-wide"), true);
});

Deno.test("substitute: without value and default there is nothing to match", () => {
  assert.equal(substituted("${aws:username}", {}, ""), undefined);
  assert.equal(substituted("${aws:TagKeys}", { "aws:tagkeys": ["a"] }, "a"), undefined);
  assert.equal(substituted("a${aws:username", {}, "a${aws:username"), true);
});
