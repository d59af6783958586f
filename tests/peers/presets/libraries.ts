/**
 * Libraries, which scripts in their languages use.
 *
 * @module
 */
import { join } from "node:path";
import { client, type Installed, pythonPeer } from "../clients/installed.ts";
import { scriptPath } from "../support.ts";
import type { Application } from "./stage.ts";

const PYTHON = pythonPeer("python");
/** Has the packages that can't be installed together with the other peers. */
const OTHER_PYTHON = client("python");
const JAVASCRIPT = client("javascript");
const ACTIVE_STORAGE = client("activeStorage");
const THANOS = client("thanos");

/** What `applications.py` does under a name, perhaps after something that the administrator does. */
function python(interpreter: Installed, name: string, prepared?: string): Application {
  const script = scriptPath(join("presets", "applications.py"));
  return {
    needs: [interpreter],
    async cycle(stage) {
      const run = (name: string, env: Record<string, string>) =>
        stage.run(interpreter.path, [script, name, stage.bucket, stage.prefix], env);
      if (prepared !== undefined) await run(prepared, stage.adminEnv);
      await run(name, stage.env);
    },
  };
}

/** What `applications.cjs` does under a name. */
function javascript(name: string): Application {
  const script = scriptPath(join("presets", "applications.cjs"));
  return {
    needs: [JAVASCRIPT],
    async cycle(stage) {
      const env = { ...stage.env, S3CREDS_JAVASCRIPT: JAVASCRIPT.path };
      await stage.run("node", [script, name, stage.bucket, stage.prefix], env);
    },
  };
}

/** What `applications.rb` does, in the role of a preset. */
function activeStorage(...role: string[]): Application {
  return {
    needs: [ACTIVE_STORAGE],
    async cycle(stage) {
      const script = scriptPath(join("presets", "applications.rb"));
      const args = [join(ACTIVE_STORAGE.path, "ruby"), script, stage.bucket, stage.prefix, ...role];
      await stage.run("sh", args);
    },
  };
}

const thanos: Application = {
  needs: [THANOS],
  async cycle(stage) {
    await stage.run(THANOS.path, [stage.bucket, stage.prefix]);
  },
};

/** By preset. */
export const LIBRARIES: Readonly<Record<string, Application>> = {
  "django-storages": python(PYTHON, "django"),
  "django-storages:public": python(PYTHON, "django-public"),
  "minio-py": python(PYTHON, "minio"),
  "minio-js": javascript("minio"),
  "s3fs-fsspec": python(OTHER_PYTHON, "s3fs-read", "s3fs-put"),
  "s3fs-fsspec:write": python(OTHER_PYTHON, "s3fs-write"),
  "pyarrow": python(OTHER_PYTHON, "pyarrow-read", "pyarrow-put"),
  "pyarrow:write": python(OTHER_PYTHON, "pyarrow-write"),
  "duckdb": python(OTHER_PYTHON, "duckdb-read", "duckdb-put"),
  "rails-active-storage": activeStorage(),
  "rails-active-storage:public": activeStorage("public"),
  "thanos": thanos,
};
