/** Names in paths, which must be those that Node's functions give. */
import assert from "node:assert/strict";
import { posix } from "node:path";
import fc from "fast-check";
import { dirname, join, resolve } from "../../../lib/objects/local/paths.ts";

const ignore = Deno.build.os === "windows";
const path = fc.string({ unit: fc.constantFrom("/", ".", "a", "é", "\\", " "), maxLength: 12 });
/** POSIX lets two slashes at the beginning mean something of their own; no system of today does. */
const oneRoot = (path: string) => path.replace(/^\/+/, "/");

Deno.test({
  name: "dirname, resolve: give what node:path gives, for any path",
  ignore,
  fn() {
    fc.assert(
      fc.property(path, (path) => {
        assert.equal(oneRoot(dirname(path)), oneRoot(posix.dirname(path)));
        assert.equal(resolve(path), posix.resolve(path));
      }),
      { numRuns: 2000 },
    );
  },
});

Deno.test({
  name: "join: names what is in a directory, from which dirname leads back",
  ignore,
  fn() {
    for (const [directory, names, expected] of JOINED) {
      assert.equal(join(directory, ...names), expected);
      if (names.length === 1) assert.equal(dirname(expected), directory);
    }
    fc.assert(fc.property(path, fc.constantFrom("a", "b.c"), (path, name) => {
      assert.equal(posix.normalize(join(path || ".", name)), posix.join(path, name));
    }));
  },
});

const JOINED: [directory: string, names: string[], expected: string][] = [
  ["/", ["a"], "/a"],
  ["/", ["a", "b"], "/a/b"],
  ["/x", [], "/x"],
  ["/x/y", ["a"], "/x/y/a"],
  [".", ["a"], "./a"],
];
