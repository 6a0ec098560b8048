import { expect, test } from "vitest";
import type { ServiceVolume } from "../spec/spec.ts";
import { SOURCE, WORKSPACE, inputOf, isolateWith, noticeCodes, specOf } from "./testing.ts";

function mounted(source: string, links: Readonly<Record<string, string>> = {}, extra: Partial<ServiceVolume> = {}) {
  const volume = { type: "bind", source, target: "/data", bind: { create_host_path: true }, ...extra };
  const isolated = isolateWith(specOf({ web: { image: "nginx", volumes: [volume] } }), inputOf({}, links));
  const [mount] = isolated.document.services["web"]?.volumes ?? [];
  return { mount, shared: isolated.sharedWithHost, codes: noticeCodes(isolated) };
}

test("a bind of a project folder is a bind of the copy, and nothing is shared", () => {
  const { mount, shared } = mounted(`${SOURCE}/data`);
  expect(mount).toEqual({
    type: "bind",
    source: `${WORKSPACE}/data`,
    target: "/data",
    bind: { create_host_path: true },
  });
  expect(shared).toEqual([]);
});

test("the project folder itself is the workspace", () => {
  expect(mounted(SOURCE).mount?.source).toBe(WORKSPACE);
});

test("a folder whose name merely begins like the project's is not in it", () => {
  expect(mounted("/src/shop-data").mount).toMatchObject({ source: "/src/shop-data", read_only: true });
});

test("`..` inside a path cannot pretend that it lies in the project", () => {
  const { mount, shared } = mounted(`${SOURCE}/../../etc/passwd`);
  expect(mount?.source).toBe("/etc/passwd");
  expect(shared).toEqual([{ kind: "bind", what: "/etc/passwd", service: "web", readOnly: false }]);
});

test("what lies beside the project stays, is read-only, and is listed", () => {
  const { mount, shared, codes } = mounted("/src/shared/certs");
  expect(mount).toMatchObject({ source: "/src/shared/certs", read_only: true });
  expect(shared).toEqual([{ kind: "bind", what: "/src/shared/certs", service: "web", readOnly: true }]);
  expect(codes).toEqual(["read-only-outside"]);
});

test.each(["/etc/localtime", "/home/u/.aws", "/var/lib/data/"])(
  "%s of the host is kept as it is and listed",
  (path) => {
    const { mount, shared } = mounted(path);
    expect(mount).toMatchObject({ source: path });
    expect(mount).not.toHaveProperty("read_only");
    expect(shared).toEqual([{ kind: "bind", what: path, service: "web", readOnly: false }]);
  },
);

test("the user's own settings beside a project in the home folder stay writable", () => {
  const volume = { type: "bind", source: "/home/u/.aws", target: "/root/.aws" };
  const spec = specOf({ web: { image: "nginx", volumes: [volume] } }, { projectDir: "/home/u/shop" });
  const { document } = isolateWith(spec, inputOf({ sourceRoot: "/home/u/shop" }));
  expect(document.services["web"]?.volumes?.[0]).toEqual(volume);
});

test.each(["/var/run/docker.sock", "/run/user/1000/podman/podman.sock", "/var/run", "/"])(
  "%s gives the engine away and is listed as such",
  (path) => {
    expect(mounted(path).shared[0]?.kind).toBe("engine-socket");
  },
);

test("a symbolic link of the project that leaves it leads to the host, where it is listed", () => {
  const links = { [`${SOURCE}/uploads`]: "/srv/uploads", [`${WORKSPACE}/uploads`]: "/srv/uploads" };
  const { mount, shared, codes } = mounted(`${SOURCE}/uploads/a`, links);
  expect(codes).toEqual(["shared-with-host"]);
  expect(mount?.source).toBe("/srv/uploads/a");
  expect(shared).toEqual([{ kind: "bind", what: "/srv/uploads/a", service: "web", readOnly: false }]);
});

test("a relative link out of the project means what lies beside the source, not beside the workspace", () => {
  const links = {
    [`${SOURCE}/lib`]: "/src/lib",
    [`${WORKSPACE}/lib`]: "/home/u/.cilo/envs/shop/agent-1/lib",
  };
  expect(mounted(`${SOURCE}/lib`, links).mount).toMatchObject({ source: "/src/lib", read_only: true });
});

test("an absolute link from the project into itself stays in the workspace", () => {
  const links = { [`${SOURCE}/current`]: `${SOURCE}/v2`, [`${WORKSPACE}/current`]: `${SOURCE}/v2` };
  const { mount, shared } = mounted(`${SOURCE}/current/a`, links);
  expect(mount?.source).toBe(`${WORKSPACE}/v2/a`);
  expect(shared).toEqual([]);
});

test("a link from outside into the project leads to the workspace", () => {
  const { mount, shared } = mounted("/home/u/link/data", { "/home/u/link": SOURCE });
  expect(mount?.source).toBe(`${WORKSPACE}/data`);
  expect(shared).toEqual([]);
});

test("a link made in the workspace that leaves it is followed and listed, never taken for private", () => {
  const other = "/home/u/.cilo/envs/shop/agent-2/workspace/data";
  const { mount, shared } = mounted(`${SOURCE}/data`, { [`${WORKSPACE}/data`]: other });
  expect(mount?.source).toBe(other);
  expect(shared).toEqual([{ kind: "bind", what: other, service: "web", readOnly: false }]);
});

test("a project reached by a symbolic link is copied all the same", () => {
  const { mount, shared } = mounted("/data/projects/shop/html", { [SOURCE]: "/data/projects/shop" });
  expect(mount?.source).toBe(`${WORKSPACE}/html`);
  expect(shared).toEqual([]);
});

test("a home of Cilo's that is reached by a symbolic link is still private", () => {
  expect(mounted(`${SOURCE}/data`, { "/home/u/.cilo": "/mnt/big/cilo" }).shared).toEqual([]);
});

test("a read-only bind stays read-only and its options stay", () => {
  const { mount } = mounted(`${SOURCE}/conf`, {}, { read_only: true, bind: { propagation: "rslave", selinux: "z" } });
  expect(mount).toMatchObject({ read_only: true, bind: { propagation: "rslave", selinux: "z" } });
});

test("volumes, tmpfs and anonymous volumes are mounted as before", () => {
  const volumes = [
    { type: "volume", source: "data", target: "/data", volume: { subpath: "a" } },
    { type: "volume", target: "/cache" },
    { type: "tmpfs", target: "/tmp", tmpfs: { size: "1" } },
  ];
  const spec = specOf({ web: { image: "nginx", volumes } }, { volumes: { data: null } });
  expect(isolateWith(spec).document.services["web"]?.volumes).toEqual(volumes);
});

test("volumes of a foreign container are not taken; of one of the project they are its service's", () => {
  const spec = specOf({
    db: { image: "postgres", container_name: "pg" },
    backup: { image: "backup", volumes_from: ["container:pg:ro", "container:other", "db"] },
  });
  const isolated = isolateWith(spec);
  expect(isolated.document.services["backup"]?.volumes_from).toEqual(["db:ro", "db"]);
  expect(noticeCodes(isolated)).toContain("volumes-from-removed");
});
