import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Server, createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";

/** An image registry on loopback that has one Feature, `<host>/test/<id>:1`, from a folder; closed when disposed. */
export async function featureRegistry(id: string, folder: string): Promise<{ host: string } & AsyncDisposable> {
  const archive = join(folder, "..", `${id}.tar`);
  await promisify(execFile)("tar", ["-cf", archive, "-C", folder, "."]);
  const layer = await readFile(archive);
  const mediaType = "application/vnd.devcontainers.layer.v1+tar";
  const digest = `sha256:${createHash("sha256").update(layer).digest("hex")}`;
  const config = { mediaType: "application/vnd.devcontainers", digest, size: 0 };
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config,
    layers: [{ mediaType, digest, size: layer.length }],
  });
  const answers: Readonly<Record<string, string | Buffer>> = {
    [`/v2/test/${id}/manifests/1`]: manifest,
    [`/v2/test/${id}/blobs/${digest}`]: layer,
  };
  const server = createServer(({ url = "" }, response) => {
    const body = answers[url];
    response.writeHead(body === undefined ? 404 : 200, {
      "content-type": "application/vnd.oci.image.manifest.v1+json",
    });
    response.end(body);
  });
  return { host: `localhost:${await portOf(server)}`, [Symbol.asyncDispose]: async () => await close(server) };
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
