/**
 * Media types by file extension.
 *
 * @module
 */

const TYPES: Record<string, string> = {
  "application/atom+xml": "atom",
  "application/epub+zip": "epub",
  "application/geo+json": "geojson",
  "application/gzip": "gz tgz",
  "application/java-archive": "jar",
  "application/json": "json map",
  "application/ld+json": "jsonld",
  "application/manifest+json": "webmanifest",
  "application/msword": "doc",
  "application/pdf": "pdf",
  "application/pgp-signature": "asc sig",
  "application/postscript": "ps eps ai",
  "application/rss+xml": "rss",
  "application/rtf": "rtf",
  "application/sql": "sql",
  "application/toml": "toml",
  "application/vnd.android.package-archive": "apk",
  "application/vnd.apache.parquet": "parquet",
  "application/vnd.google-earth.kml+xml": "kml",
  "application/vnd.google-earth.kmz": "kmz",
  "application/vnd.ms-excel": "xls",
  "application/vnd.ms-fontobject": "eot",
  "application/vnd.ms-powerpoint": "ppt",
  "application/vnd.oasis.opendocument.presentation": "odp",
  "application/vnd.oasis.opendocument.spreadsheet": "ods",
  "application/vnd.oasis.opendocument.text": "odt",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.rar": "rar",
  "application/vnd.sqlite3": "sqlite sqlite3",
  "application/wasm": "wasm",
  "application/x-7z-compressed": "7z",
  "application/x-apple-diskimage": "dmg",
  "application/x-bzip2": "bz2",
  "application/x-ndjson": "ndjson jsonl",
  "application/x-sh": "sh",
  "application/x-subrip": "srt",
  "application/x-tar": "tar",
  "application/x-x509-ca-cert": "crt der",
  "application/x-xz": "xz",
  "application/xhtml+xml": "xhtml xht",
  "application/xml": "xml xsd xsl xslt",
  "application/yaml": "yaml yml",
  "application/zip": "zip",
  "application/zstd": "zst",
  "audio/aac": "aac",
  "audio/flac": "flac",
  "audio/midi": "mid midi",
  "audio/mp4": "m4a",
  "audio/mpeg": "mp3",
  "audio/ogg": "oga ogg opus",
  "audio/wav": "wav",
  "audio/webm": "weba",
  "font/collection": "ttc",
  "font/otf": "otf",
  "font/ttf": "ttf",
  "font/woff": "woff",
  "font/woff2": "woff2",
  "image/apng": "apng",
  "image/avif": "avif",
  "image/bmp": "bmp",
  "image/gif": "gif",
  "image/heic": "heic",
  "image/heif": "heif",
  "image/jpeg": "jpeg jpg jpe",
  "image/jxl": "jxl",
  "image/png": "png",
  "image/svg+xml": "svg",
  "image/tiff": "tif tiff",
  "image/vnd.adobe.photoshop": "psd",
  "image/vnd.microsoft.icon": "ico",
  "image/webp": "webp",
  "message/rfc822": "eml",
  "model/gltf+json": "gltf",
  "model/gltf-binary": "glb",
  "text/calendar": "ics",
  "text/css": "css",
  "text/csv": "csv",
  "text/html": "html htm",
  "text/javascript": "js mjs cjs",
  "text/markdown": "md markdown",
  "text/plain": "txt text log conf ini",
  "text/tab-separated-values": "tsv",
  "text/vcard": "vcf",
  "text/vtt": "vtt",
  "text/x-python": "py",
  "video/mp2t": "m2ts",
  "video/mp4": "mp4 m4v",
  "video/mpeg": "mpeg mpg",
  "video/ogg": "ogv",
  "video/quicktime": "mov qt",
  "video/webm": "webm",
  "video/x-matroska": "mkv",
  "video/x-msvideo": "avi",
  "application/vnd.apple.mpegurl": "m3u8",
};

const BY_EXTENSION: ReadonlyMap<string, string> = new Map(
  Object.entries(TYPES).flatMap(([type, extensions]) =>
    extensions.split(" ").map((extension) => [extension, type] as const)
  ),
);

/**
 * The media type of a file, by its name alone.
 *
 * @param name a file name, a path or a key
 * @returns the type; `undefined` where the extension is not known
 *
 * @example A web page
 * ```ts
 * import { contentTypeOf } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * assert.equal(contentTypeOf("site/index.html"), "text/html");
 * assert.equal(contentTypeOf("Makefile"), undefined);
 * ```
 */
export function contentTypeOf(name: string): string | undefined {
  const extension = /[^/\\]\.([^./\\]+)$/.exec(name)?.[1];
  return extension === undefined ? undefined : BY_EXTENSION.get(extension.toLowerCase());
}
