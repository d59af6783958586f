/**
 * `deno task test`: all tests that need nothing but Deno, and every example of the documentation.
 *
 * @module
 */
import { devNull } from "node:os";
import { close, denoTest } from "./counted_tests.ts";

// The test suite must find neither the developer's account nor his settings.
for (const name of Object.keys(Deno.env.toObject())) {
  if (/^AWS_|_proxy$/i.test(name)) Deno.env.delete(name);
}
const noFiles = { AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull };

Deno.exit(close(
  await denoTest([
    // Among other things these say that nothing beyond this machine is called.
    "-P=tests",
    "--parallel",
    "--doc",
    "--ignore=tests/peers",
    ...(Deno.args.length > 0 ? Deno.args : ["."]),
  ], { ...noFiles, AWS_EC2_METADATA_DISABLED: "true" }),
));
