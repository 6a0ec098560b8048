import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CiloError } from "@cilo/base";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Cilo, createCilo } from "./testing/cilo.ts";

async function cilo(): Promise<Cilo> {
  const made = await createCilo();
  onTestFinished(async () => await made[Symbol.asyncDispose]());
  return made;
}

/** A folder with a small project. */
async function shop(world: Cilo): Promise<string> {
  const folder = join(world.folder, "shop");
  await mkdir(folder);
  await writeFile(
    join(folder, "compose.yaml"),
    "services:\n  web:\n    image: nginx\n    environment: {TOKEN: tell-nobody}\n",
  );
  return folder;
}

describe("a command line that cannot be understood", () => {
  test.each([
    [["upp"], 'cilo: there is no command "upp" — Did you mean `up`?'],
    [["up", "--fil", "x", "dev"], "cilo: there is no flag --fil — Did you mean --file?"],
    [["up"], "cilo: <env> is missing"],
    [["up", "a", "b"], 'cilo: "b" is one argument too many'],
    [["run", "npm"], "cilo: <env> is missing"],
    [["exec", "dev"], "cilo: <service> and <command> are missing"],
    [["up", "dev", "--timeout"], "cilo: --timeout needs a value"],
    [["up", "dev", "--timeout", "soon"], 'cilo: timeout cannot be "soon": it must be a number of seconds up to 86400'],
    [["up", "dev", "--scale", "web"], 'cilo: scale cannot be "web": it must be SERVICE=NUMBER'],
    [["spec", "--as", "yaml"], 'cilo: --as cannot be "yaml" — It is one of json, compose, devcontainer, dockerfile'],
    [["destroy"], "cilo: <env> is missing — Name environments, or all of them with --all"],
    [["init", "--undo", "--dns-port", "1"], "cilo: --undo goes without other flags"],
  ])("%j says what is wrong in one line and exits 2", async (argv, line) => {
    const outcome = await (await cilo()).run(argv);
    expect(outcome).toEqual({ status: 2, stdout: "", stderr: `${line}\n` });
  });

  test.each(["../etc", "Upper", "a_b", "-a", "a.b", "", "a".repeat(64), "ü"])(
    "an environment cannot be called %j",
    async (name) => {
      const outcome = await (await cilo()).run(["up", "--", name]);
      expect(outcome.status).toBe(2);
      expect(outcome.stderr).toMatch(/^cilo: environment name .* is not a DNS label — Use .*\n$/u);
    },
  );
});

describe("errors", () => {
  test("are one line on a pipe, with the next step", async () => {
    const outcome = await (await cilo()).run(["status", "dev"]);
    expect(outcome).toEqual({
      status: 3,
      stdout: "",
      stderr: "cilo: there is no environment dev — See what there is: cilo list\n",
    });
  });

  test("are an object on stdout with --json, and still a line on stderr", async () => {
    const outcome = await (await cilo()).run(["status", "dev", "--json"]);
    expect(JSON.parse(outcome.stdout)).toEqual({
      error: {
        code: "ENVIRONMENT_NOT_FOUND",
        message: "there is no environment dev",
        hint: "See what there is: cilo list",
        problems: [],
        exitCode: 3,
      },
    });
    expect(outcome.stderr).toMatch(/^cilo: .*\n$/u);
  });

  test("on a pipe name the first problem and count the others; a terminal gets all of them", async () => {
    const world = await cilo();
    const folder = join(world.folder, "broken");
    await mkdir(folder);
    await writeFile(join(folder, "compose.yaml"), "services:\n  web:\n    image: 1\n    ports: 2\n    restart: [x]\n");
    const piped = await world.run(["spec"], { cwd: folder });
    const shown = await world.run(["spec"], { cwd: folder, terminal: true });
    expect(piped.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(piped.stderr).toMatch(/\(\+\d more\)$/mu);
    expect(shown.stderr.trimEnd().split("\n").length).toBeGreaterThan(2);
    expect([piped.status, shown.status]).toEqual([1, 1]);
  });

  test("that nobody foresaw show their stack and ask to be reported", async () => {
    const world = await cilo();
    const outcome = await world.run(["list"], {
      environments: { list: () => Promise.reject(new TypeError("x is not a function")) },
    });
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toMatch(/TypeError: x is not a function\n\s+at .*Please report it/su);
  });

  test("of an interrupted command are one word, and the status is 130", async () => {
    const world = await cilo();
    const controller = new AbortController();
    controller.abort(new CiloError("INTERRUPTED", "interrupted"));
    const outcome = await world.run(["list"], {
      signal: controller.signal,
      environments: { list: () => Promise.reject(new Error("killed")) },
    });
    expect(outcome).toEqual({ status: 130, stdout: "", stderr: "cilo: interrupted\n" });
  });
});

describe("what goes where", () => {
  test("up answers on stdout, and tells notices on stderr", async () => {
    const outcome = await (await cilo()).run(["up", "dev"]);
    expect(outcome.stdout).toBe(
      [
        "dev of shop is running (created)",
        "SERVICE  STATE    URL",
        "web      healthy  http://web.dev.test          the project publishes it on 8080",
        "                  shop.test                    also",
        "user_db  running  tcp://user-db.dev.test:5432",
        "open http://shop.dev.test",
        "edited in the source and in the workspace, left as they are: README.md",
        "see them with: cilo diff dev",
        "",
      ].join("\n"),
    );
    expect(outcome.stderr).toBe("note: port 8080 is not published\n");
  });

  test("--quiet keeps notices back, and the answer not", async () => {
    const outcome = await (await cilo()).run(["up", "dev", "--quiet"]);
    expect(outcome.stdout).toContain("dev of shop is running");
    expect(outcome.stderr).toBe("");
  });

  test("an up that changed nothing does not repeat its notices", async () => {
    const world = await cilo();
    await world.run(["up", "dev"]);
    expect((await world.run(["up", "dev"])).stderr).toBe("");
  });

  test("a pipe gets no colours and no drawing, a terminal both, NO_COLOR takes the colours away", async () => {
    const world = await cilo();
    const escape = "\u001B";
    const [piped, shown, plain] = [
      await world.run(["up", "a"]),
      await world.run(["up", "b"], { terminal: true }),
      await world.run(["up", "c"], { terminal: true, env: { NO_COLOR: "1" } }),
    ];
    expect(piped.stdout + piped.stderr).not.toContain(escape);
    expect(shown.stdout).toContain(escape);
    expect(shown.stderr).toContain("copying the source");
    expect(plain.stdout).not.toContain(escape);
  });
});

describe("values of environment variables", () => {
  test("are hidden by spec and config, but for --show-values", async () => {
    const world = await cilo();
    const folder = await shop(world);
    await world.run(["up", "dev"]);
    for (const argv of [["spec"], ["config", "dev"]]) {
      const hidden = await world.run(argv, { cwd: folder });
      expect(hidden.stdout).toContain("***");
      expect(hidden.stdout).not.toMatch(/tell-nobody|s3cret-value/u);
      const open = await world.run([...argv, "--show-values"], { cwd: folder });
      expect(open.stdout).toMatch(/tell-nobody|s3cret-value/u);
    }
  });

  test("are exact in spec --as compose, which is what Compose itself prints", async () => {
    const world = await cilo();
    const outcome = await world.run(["spec", "--as", "compose", "-p", "x"], { cwd: await shop(world) });
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      name: "x",
      services: { web: { image: "nginx", environment: { TOKEN: "tell-nobody" }, command: null } },
    });
  });
});

describe("setup", () => {
  test("asks nobody without a terminal, and says how to go on", async () => {
    const world = await cilo();
    const outcome = await world.run(["setup"], { cwd: await shop(world) });
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toBe(
      "cilo: setup asks questions, and there is no terminal — Take the proposed answers: cilo setup --yes\n",
    );
  });

  test("writes what was answered, and does not replace it unasked", async () => {
    const world = await cilo();
    const folder = await shop(world);
    const prompts = {
      text: async () => await Promise.resolve("my-shop"),
      secret: async () => await Promise.resolve(""),
      confirm: async () => await Promise.resolve(true),
      choose: async (question: string) => await Promise.resolve(question.includes(".env files") ? "none" : "web"),
      chooseAny: async () => await Promise.resolve(["web"]),
    };
    expect((await world.run(["setup"], { cwd: folder, prompts })).status).toBe(0);
    const written = await readFile(join(folder, ".cilo/config.yml"), "utf8");
    expect(written).toContain("project: my-shop\ningress: web\nshare:\n  - web\nenv:\n  copy_mode: none\n");
    expect((await world.run(["setup", "--yes"], { cwd: folder })).status).toBe(5);
    expect((await world.run(["setup", "--yes", "--force"], { cwd: folder })).status).toBe(0);
    expect(await readFile(join(folder, ".cilo/config.yml"), "utf8")).toContain("project: shop\n");
  });
});

describe("doctor", () => {
  test("fails while something is wrong, and is content once it has mended it", async () => {
    const world = await cilo();
    const found = await world.run(["doctor"]);
    expect(found.status).toBe(1);
    expect(found.stdout).toContain(
      "fail  leftovers: the network cilo_gone belongs to no environment\n      → cilo doctor --fix",
    );
    const mended = await world.run(["doctor", "--fix"]);
    expect(mended.status).toBe(0);
    expect(mended.stdout).toContain("fixed: removed it");
  });
});

describe("run", () => {
  test("runs the command in the workspace with the environment's variables, and passes its status on", async () => {
    const world = await cilo();
    const workspace = join(world.folder, "home/envs/shop/dev/workspace");
    await mkdir(workspace, { recursive: true });
    const script =
      'printf "%s " "$PWD" $CILO_ENV $CILO_PROJECT $CILO_BASE_URL $CILO_DNS_SUFFIX $CILO_URL_WEB "$@"; exit 7';
    const outcome = await world.run(["run", "--json", "sh", "dev", "-c", script, "sh", "--", "--json"]);
    const { stdout, exitCode }: { stdout: string; exitCode: number } = JSON.parse(outcome.stdout);
    expect(stdout).toBe(`${workspace} dev shop http://shop.dev.test .test http://web.dev.test -- --json `);
    expect([exitCode, outcome.status]).toEqual([7, 7]);
  });

  test("a command that is not there is told from one that failed", async () => {
    const world = await cilo();
    await mkdir(join(world.folder, "home/envs/shop/dev/workspace"), { recursive: true });
    const outcome = await world.run(["run", "no-such-command", "dev"]);
    expect(outcome).toMatchObject({ status: 127, stderr: expect.stringMatching(/cilo: no-such-command is not/u) });
  });

  test.each([[["run", "claude", "dev", "task", "--cloud"]], [["run", "--cloud", "claude", "dev"]]])(
    "%j is for a server, and says how to log in to one",
    async (argv) => {
      await using world = await createCilo();
      const outcome = await world.run(argv);
      expect(outcome.status).toBe(5);
      expect(outcome.stderr).toBe("cilo: no server is known — Log in: cilo cloud login --server URL\n");
    },
  );

  test("a --cloud after a -- is the command's", async () => {
    const world = await cilo();
    await mkdir(join(world.folder, "home/envs/shop/dev/workspace"), { recursive: true });
    const outcome = await world.run(["run", "--json", "echo", "dev", "--", "--cloud"]);
    expect(JSON.parse(outcome.stdout)).toEqual({ exitCode: 0, stdout: "-- --cloud\n", stderr: "" });
  });
});

describe("destroy --all", () => {
  test("destroys what can be destroyed, and says what could not", async () => {
    const world = await cilo();
    await world.run(["up", "a"]);
    await world.run(["up", "b"]);
    const { environments } = world.wiring;
    const outcome = await world.run(["destroy", "--all"], {
      environments: {
        destroy: async (name, options, context) => {
          if (name === "a") throw new CiloError("WOULD_LOSE", "a has edits", { hint: "cilo merge a" });
          return await environments.destroy(name, options, context);
        },
      },
    });
    expect(outcome).toEqual({ status: 5, stdout: "b is destroyed\n", stderr: "cilo: a has edits — cilo merge a\n" });
  });
});

test("list shows what a destroy left halfway, and what is being destroyed only with --all", async () => {
  const world = await cilo();
  const one = { project: "shop", source: "/shop", format: "compose", runtime: "docker", createdAt: "" };
  const services = { total: 2, running: 0 };
  const environments = {
    list: async () => [
      { ...one, environment: "left", state: "destroying" as const, services, interrupted: true },
      { ...one, environment: "going", state: "destroying" as const, services, interrupted: false },
    ],
  };
  const listed = await world.run(["list"], { environments });
  expect(listed.stdout).toMatch(/^left +shop +half removed +0\/2/mu);
  expect(listed.stdout).not.toContain("going");
  expect((await world.run(["list", "--all"], { environments })).stdout).toMatch(/^going +shop +destroying/mu);
});
