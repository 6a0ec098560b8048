import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { cloudPaths, readCloudRecord } from "./record.ts";

test.each(["{", "{}", "null"])("a damaged record (%s) is named, with the next step", async (text) => {
  const home = await mkdtemp(join(tmpdir(), "cilo-cloud-"));
  onTestFinished(async () => await rm(home, { recursive: true }));
  const { folder, record } = cloudPaths(home, "agent-1");
  await mkdir(folder, { recursive: true });
  await writeFile(record, text);
  await expect(readCloudRecord(home, "agent-1")).rejects.toMatchObject({
    code: "RECORD_INVALID",
    message: expect.stringContaining(record),
    hint: expect.stringContaining("cilo cloud connect agent-1"),
  });
});
