/** `deno task test:peers`: a second opinion on our policy engine, by MinIO. */
import { MINIO, minioCase } from "./minio.ts";
import { opinionTest } from "./compare.ts";
import { missingEngine } from "./support.ts";

opinionTest(MINIO, missingEngine("minio"), minioCase, 28_000);
