/**
 * A server with as many users and objects as are asked for, made up page by page, so that the server
 * holds none of them.
 *
 * @module
 */

/** How many of them there are. */
export interface Endless {
  users: number;
  /** In any bucket. */
  objects: number;
  /** What each user's path and each key end with, so that fewer of them fill a heap; omitted for none. */
  filler?: string;
}

/** A server that runs. */
export interface EndlessServer extends AsyncDisposable {
  /** The environment in which any AWS client meets the server. */
  env: Record<string, string>;
  /** How many of the objects were deleted; one that is deleted again doesn't count. */
  deleted(): number;
  close(): Promise<void>;
}

const OBJECTS_A_PAGE = 1_000;

/** Starts a server that knows `ListUsers`, `ListObjectsV2` and `DeleteObjects`. */
export function startEndless(endless: Endless): EndlessServer {
  const isDeleted = new Uint8Array(endless.objects);
  const key = new RegExp(`<Key>object-(\\d+)${endless.filler ?? ""}</Key>`, "g");
  const answer = async (request: Request): Promise<string> => {
    const query = new URL(request.url).searchParams;
    if (request.method === "GET") return objectsPage(endless, query);
    const text = await request.text();
    if (!query.has("delete")) return usersPage(endless, new URLSearchParams(text));
    for (const [, n] of text.matchAll(key)) isDeleted[Number(n)] = 1;
    return '<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></DeleteResult>';
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) =>
      new Response(await answer(request), { headers: { "content-type": "text/xml" } }),
  );
  const close = () => server.shutdown();
  return {
    env: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${server.addr.port}`,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "example",
    },
    deleted: () => isDeleted.reduce((sum, one) => sum + one, 0),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The numbers of one page, as long as IAM and S3 make it; the last one says where to go on. */
function numbers(start: number, length: number, total: number): number[] {
  return Array.from({ length: Math.min(length, total - start) }, (_, n) => start + n);
}

function named(kind: string, n: number): string {
  return `${kind}-${String(n).padStart(7, "0")}`;
}

function usersPage({ users: total, filler = "" }: Endless, query: URLSearchParams): string {
  const start = Number(query.get("Marker") ?? 0);
  const page = numbers(start, Number(query.get("MaxItems") ?? 100), total);
  const path = filler === "" ? "/" : `/${filler}/`;
  const users = page.map((n) => {
    const name = named("user", n);
    return `<member><UserName>${name}</UserName><UserId>AIDAEXAMPLE${name.toUpperCase()}</UserId>` +
      `<Arn>arn:aws:iam::123456789012:user${path}${name}</Arn><Path>${path}</Path>` +
      `<CreateDate>2024-01-01T00:00:00Z</CreateDate></member>`;
  });
  const end = start + page.length;
  const next = end < total
    ? `<IsTruncated>true</IsTruncated><Marker>${end}</Marker>`
    : "<IsTruncated>false</IsTruncated>";
  return '<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListUsersResult>' +
    `<Users>${users.join("")}</Users>${next}</ListUsersResult></ListUsersResponse>`;
}

function objectsPage({ objects: total, filler = "" }: Endless, query: URLSearchParams): string {
  const start = Number(query.get("continuation-token") ?? 0);
  const page = numbers(start, OBJECTS_A_PAGE, total);
  const objects = page.map((n) =>
    `<Contents><Key>${named("object", n)}${filler}</Key><LastModified>2024-01-01T00:00:00.000Z` +
    "</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>0</Size>" +
    "<StorageClass>STANDARD</StorageClass></Contents>"
  );
  const end = start + page.length;
  const next = end < total
    ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${end}</NextContinuationToken>`
    : "<IsTruncated>false</IsTruncated>";
  return '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Name>my-bucket</Name><KeyCount>${page.length}</KeyCount>${objects.join("")}${next}` +
    "</ListBucketResult>";
}
