import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { CiloError, type Problem } from "@cilo/base";
import { type Cidr, overlaps, parsePool } from "@cilo/network";
import * as z from "zod";
import { ServerCode } from "./errors.ts";
import type { Pools } from "./parts.ts";

export interface Config {
  readonly home: string;
  /** Absent: the embedded PostgreSQL. */
  readonly postgresUrl: string | undefined;
  /** How the server is called from outside. */
  readonly domain: string | undefined;
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly autoDestroyMs: number;
  /** The token that scrapers show; absent: there is no `/metrics`. */
  readonly metricsToken: string | undefined;
  readonly pools: Pools;
}

export type Variables = Readonly<Record<string, string | undefined>>;

const HOUR_MS = 3_600_000;

/**
 * The configuration that the environment variables make. `NAME_FILE` names a file with a secret's value.
 * @throws CiloError `CONFIG_INVALID` with every problem there is
 */
export function readConfig(variables: Variables): Config {
  const problems: Problem[] = [];
  const read = createReader(variables, problems);
  const config = readAll(read, variables);
  validateLater(read);
  const [first] = problems;
  if (first === undefined) return config;
  throw new CiloError(ServerCode.configInvalid, `${first.attribute}: ${first.message}`, {
    problems,
    hint: "All variables are described in docs/OPERATIONS.md",
  });
}

interface Reader {
  text(name: string, check?: { schema: z.ZodType<string>; expected: string }): string | undefined;
  number(name: string, range: { min: number; max: number; fallback: number; isWhole?: boolean }): number;
  flag(name: string): boolean;
  /** Of the variable, or of the file that `NAME_FILE` names. */
  secret(name: string): string | undefined;
  file(name: string): string | undefined;
  problem(attribute: string, message: string): void;
}

function readAll(read: Reader, variables: Variables): Config {
  const isRoot = process.getuid?.() === 0;
  return {
    // Not below root's home, which the user that PostgreSQL runs as cannot enter.
    home: resolve(variables["CILO_SERVER_HOME"] ?? (isRoot ? "/var/lib/cilo-server" : join(homedir(), ".cilo-server"))),
    postgresUrl: readPostgresUrl(read),
    domain: read.text("CILO_DOMAIN", {
      schema: z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/u),
      expected: "a host name",
    }),
    listen: readListen(read),
    tls: readTls(read),
    autoDestroyMs: read.number("CILO_AUTO_DESTROY_HOURS", { min: 0.1, max: 8760, fallback: 8 }) * HOUR_MS,
    metricsToken: readMetrics(read),
    pools: readPools(read),
  };
}

/** What is not there yet is checked all the same, so that a mistake shows before it matters. */
function validateLater(read: Reader): void {
  const provider = read.text("CILO_PROVIDER") ?? "manual";
  if (provider === "hetzner") {
    if (read.secret("HETZNER_API_TOKEN") === undefined)
      read.problem("HETZNER_API_TOKEN", "is needed by CILO_PROVIDER=hetzner");
    read.problem("CILO_PROVIDER", "hetzner is not there yet: only manual is (machines that you add over SSH)");
  } else if (provider !== "manual") read.problem("CILO_PROVIDER", `expected manual, found ${JSON.stringify(provider)}`);
  const least = read.number("CILO_POOL_MIN_READY", { min: 0, max: 1000, fallback: 0, isWhole: true });
  const most = read.number("CILO_POOL_MAX_TOTAL", { min: 0, max: 10_000, fallback: 1000, isWhole: true });
  if (least > most) read.problem("CILO_POOL_MIN_READY", `is more than CILO_POOL_MAX_TOTAL (${most})`);
  for (const name of ["CILO_POOL_VM_SIZE", "CILO_POOL_REGION", "CILO_POOL_IMAGE_ID"])
    read.text(name, { schema: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/u), expected: "letters, digits and . _ -" });
  if (read.flag("CILO_BILLING_ENABLED"))
    read.problem("CILO_BILLING_ENABLED", "billing is not there yet; use is recorded all the same");
}

function readPostgresUrl(read: Reader): string | undefined {
  const url = read.secret("POSTGRES_URL");
  if (url !== undefined && !/^postgres(?:ql)?:\/\//u.test(url)) read.problem("POSTGRES_URL", "expected postgres://…");
  return url;
}

function readListen(read: Reader): Config["listen"] {
  const text = read.text("CILO_LISTEN") ?? "127.0.0.1:7070";
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/u.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    read.problem("CILO_LISTEN", `expected ADDRESS:PORT, as 0.0.0.0:7070, found ${JSON.stringify(text)}`);
  return { host: match?.[1] ?? match?.[2] ?? "", port };
}

function readTls(read: Reader): Config["tls"] {
  const cert = read.file("CILO_TLS_CERT");
  const key = read.file("CILO_TLS_KEY");
  const [hasCert, hasKey] = [read.text("CILO_TLS_CERT"), read.text("CILO_TLS_KEY")].map((path) => path !== undefined);
  if (hasCert !== hasKey)
    read.problem(hasKey === true ? "CILO_TLS_CERT" : "CILO_TLS_KEY", "is needed too: both or none");
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

function readMetrics(read: Reader): string | undefined {
  const token = read.secret("CILO_METRICS_TOKEN");
  if (!read.flag("CILO_METRICS_ENABLED")) return undefined;
  if (token === undefined || token.length < 16)
    read.problem("CILO_METRICS_TOKEN", "needs 16 characters or more when CILO_METRICS_ENABLED is set");
  return token;
}

function readPools(read: Reader): Pools {
  const pool = (name: string, fallback: string): Cidr => {
    try {
      return parsePool(read.text(name) ?? fallback);
    } catch (error) {
      if (!(error instanceof CiloError)) throw error;
      read.problem(name, error.message);
      return parsePool(fallback);
    }
  };
  const pools = {
    containers: pool("CILO_POOL_CONTAINERS", "10.223.0.0/16"),
    services: pool("CILO_POOL_SERVICES", "10.224.0.0/16"),
    devices: pool("CILO_POOL_DEVICES", "10.225.0.0/16"),
  };
  const { containers, services, devices } = pools;
  if (overlaps(containers, services) || overlaps(services, devices) || overlaps(containers, devices))
    read.problem("CILO_POOL_SERVICES", "the pools for containers, services and devices overlap");
  return pools;
}

function createReader(variables: Variables, problems: Problem[]): Reader {
  const problem = (attribute: string, message: string): void => void problems.push({ attribute, message });
  const value = (name: string): string | undefined => (variables[name] === "" ? undefined : variables[name]);
  const fileAt = (name: string, path: string): string | undefined => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      problem(name, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  return {
    problem,
    text: (name, check) => {
      const text = value(name);
      if (text !== undefined && check !== undefined && !check.schema.safeParse(text).success)
        problem(name, `expected ${check.expected}, found ${JSON.stringify(text)}`);
      return text;
    },
    number: (name, { min, max, fallback, isWhole }) => {
      const text = value(name);
      if (text === undefined) return fallback;
      const number = Number(text);
      if (number >= min && number <= max && (isWhole !== true || Number.isInteger(number))) return number;
      problem(
        name,
        `expected a ${isWhole === true ? "whole " : ""}number from ${min} to ${max}, found ${JSON.stringify(text)}`,
      );
      return fallback;
    },
    flag: (name) => {
      const text = value(name);
      if (text === undefined || text === "false" || text === "0") return false;
      if (text !== "true" && text !== "1") problem(name, `expected true or false, found ${JSON.stringify(text)}`);
      return text === "true" || text === "1";
    },
    secret: (name) => {
      const path = value(`${name}_FILE`);
      if (path === undefined) return value(name);
      if (value(name) !== undefined) problem(name, `is set, and ${name}_FILE too: leave one out`);
      return fileAt(`${name}_FILE`, path)?.trim();
    },
    file: (name) => {
      const path = value(name);
      return path === undefined ? undefined : fileAt(name, path);
    },
  };
}
