/**
 * A registry on loopback that has this package, and nothing else, in the form in which JSR gives it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import denoJson from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);

/** The files that `deno publish` would send, by path. */
async function publishedFiles(): Promise<string[]> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  return [...text.matchAll(/^\s+(file:\S+) \(/gm)].map(([, url]) => url!.slice(ROOT.href.length));
}

/** What publishing does to a module: names from the import map become full ones. */
function resolveImports(source: string): string {
  const imports: Record<string, string> = denoJson.imports;
  return source.replace(
    /(\bfrom |\bimport\(|\bimport )"([^"]+)"/g,
    (whole, keyword, name) => name in imports ? `${keyword}"${imports[name]}"` : whole,
  );
}

/** A registry that runs. */
export interface Registry extends AsyncDisposable {
  /** What `JSR_URL` must be. */
  url: string;
  /** The paths that it serves. */
  files: string[];
}

/** Starts a registry with the package as it is in the working tree. */
export async function startRegistry(): Promise<Registry> {
  const files = await publishedFiles();
  const contents = new Map<string, Uint8Array>();
  for (const path of files) {
    const source = await Deno.readTextFile(new URL(path, ROOT));
    const text = path.endsWith(".ts") ? resolveImports(source) : source;
    contents.set(`/${path}`, new TextEncoder().encode(text));
  }
  const { name, version } = denoJson;
  const manifest = Object.fromEntries(
    [...contents].map(([path, bytes]) => [path, {
      size: bytes.length,
      checksum: `sha256-${createHash("sha256").update(bytes).digest("hex")}`,
    }]),
  );
  const documents: Record<string, unknown> = {
    [`/${name}/meta.json`]: {
      scope: "s3creds",
      name: "cli",
      latest: version,
      versions: { [version]: {} },
    },
    [`/${name}/${version}_meta.json`]: { manifest, exports: denoJson.exports },
  };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname in documents) return Response.json(documents[pathname]);
    const bytes = contents.get(pathname.slice(`/${name}/${version}`.length));
    if (bytes === undefined) return new Response("Not found", { status: 404 });
    const type = pathname.endsWith(".ts") ? "text/typescript" : "application/json";
    return new Response(new Uint8Array(bytes), { headers: { "content-type": type } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    files,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
