/**
 * How to reach AWS from this machine: proxies and trusted certificates.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import { fileError } from "../file_error.ts";
import type { NetworkSettings } from "../http/proxy.ts";

/** A proxy could not find this machine. */
const NEVER_BY_PROXY = "localhost,127.0.0.1,::1";

/**
 * The settings of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in capitals or not, and of `AWS_CA_BUNDLE` or
 * the profile's `ca_bundle`; throws `usage` if a proxy is no URL, and `file` if the certificates can't be read.
 */
export async function networkSettings(
  variable: (name: string) => string | undefined,
  profile: Record<string, string | undefined>,
): Promise<NetworkSettings> {
  // One in small letters counts even where it is empty, which is how a single command does without it.
  const either = (name: string) => (variable(name.toLowerCase()) ?? variable(name)) || undefined;
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY"].flatMap((name) => {
    const url = either(name);
    return url === undefined ? [] : [[name.toLowerCase(), proxyUrl(name, url)] as const];
  });
  const noProxy = either("NO_PROXY");
  const bundle = variable("AWS_CA_BUNDLE") || profile.ca_bundle;
  return {
    ...(proxies.length > 0 && {
      proxyEnv: {
        ...Object.fromEntries(proxies),
        no_proxy: noProxy === undefined ? NEVER_BY_PROXY : `${noProxy},${NEVER_BY_PROXY}`,
      },
    }),
    ...(bundle !== undefined && { ca: await certificates(bundle) }),
  };
}

/** The text may hold a password, so it is not repeated in an error. */
function proxyUrl(name: string, text: string): string {
  const url = text.includes("://") ? text : `http://${text}`;
  if (isProxyUrl(url)) return url;
  throw new S3CredentialsError("usage", `Cannot use the proxy that ${name} names`, {
    hint:
      "Write it as http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with %25 for a % in the " +
      "password, or unset the variable",
  });
}

function isProxyUrl(text: string): boolean {
  try {
    const { protocol, username, password } = new URL(text);
    decodeURIComponent(`${username}:${password}`);
    return /^https?:$/.test(protocol);
  } catch {
    return false;
  }
}

async function certificates(path: string): Promise<string> {
  const hint =
    "AWS_CA_BUNDLE, or ca_bundle in the profile, names a file of certificates in PEM format";
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    throw fileError(cause, `Could not read the certificates of ${escapeName(path)}`, hint);
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new S3CredentialsError("file", `There are no certificates in ${escapeName(path)}`, {
    hint,
  });
}
