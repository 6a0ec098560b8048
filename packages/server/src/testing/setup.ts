import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { openJobs } from "../jobs/jobs.ts";
import { openStore } from "../store/database.ts";
import { startEmbeddedPostgres } from "../store/embedded-postgres.ts";
import { migrate } from "../store/migrate.ts";

/** One PostgreSQL for all tests of a run; each makes its own databases from the template. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), "cilo-server-test-"));
  const postgres = await startEmbeddedPostgres({
    home,
    path: process.env["PATH"],
    signal: AbortSignal.timeout(120_000),
    settings: ["-c max_connections=400", "-c fsync=off"],
  });
  await makeTemplate(postgres.url);
  project.provide("postgresUrl", postgres.url);
  return async () => {
    await postgres[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  };
}

async function makeTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("create database cilo_template");
  await client.end();
  const template = new URL(url);
  template.pathname = "/cilo_template";
  await using store = await openStore(template.href);
  await migrate(store.pool);
  await using _ = await openJobs({ url: template.href, onError: () => undefined });
}
