import type { Service } from "../../spec/spec.ts";
import type { WantedAddon } from "./app-json.ts";

interface Engine {
  /** Kinds of add-on, with the prefix of their variables. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly image: (version: string | undefined) => string;
  /** What comes after the prefix. */
  readonly suffix: "_URL" | "_URI" | "_SERVERS";
  readonly value: (host: string) => string;
  readonly port: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly health: readonly string[];
  /** Where its data is. */
  readonly data?: string;
}

const DATABASE = "app";
const USER = "app";
/** Not a secret: it opens what only the environment's own network reaches. */
const PASSWORD = "app";

/** The engines that add-ons become. */
export const ENGINES: Readonly<Record<string, Engine>> = {
  postgres: {
    kinds: {
      "heroku-postgresql": "DATABASE",
      postgresql: "DATABASE",
      postgres: "DATABASE",
      "dokku-postgres": "DATABASE",
      "scalingo-postgresql": "DATABASE",
    },
    image: (version) => `postgres:${version ?? "16"}-alpine`,
    suffix: "_URL",
    value: (host) => `postgres://${USER}:${PASSWORD}@${host}:5432/${DATABASE}`,
    port: 5432,
    environment: { POSTGRES_USER: USER, POSTGRES_PASSWORD: PASSWORD, POSTGRES_DB: DATABASE },
    health: ["CMD", "pg_isready", "-h", "127.0.0.1", "-U", USER, "-d", DATABASE],
    data: "/var/lib/postgresql/data",
  },
  redis: {
    kinds: {
      "heroku-redis": "REDIS",
      "heroku-key-value-store": "REDIS",
      redis: "REDIS",
      "dokku-redis": "REDIS",
      "scalingo-redis": "REDIS",
      rediscloud: "REDISCLOUD",
      openredis: "OPENREDIS",
      redistogo: "REDISTOGO",
    },
    image: (version) => `redis:${version ?? "7"}-alpine`,
    suffix: "_URL",
    value: (host) => `redis://${host}:6379`,
    port: 6379,
    health: ["CMD", "redis-cli", "ping"],
    data: "/data",
  },
  mysql: {
    kinds: { jawsdb: "JAWSDB", "jawsdb-maria": "JAWSDB_MARIA", cleardb: "CLEARDB_DATABASE", mysql: "DATABASE" },
    image: (version) => `mysql:${version ?? "8"}`,
    suffix: "_URL",
    value: (host) => `mysql://${USER}:${PASSWORD}@${host}:3306/${DATABASE}`,
    port: 3306,
    environment: {
      MYSQL_USER: USER,
      MYSQL_PASSWORD: PASSWORD,
      MYSQL_DATABASE: DATABASE,
      MYSQL_RANDOM_ROOT_PASSWORD: "yes",
    },
    health: ["CMD", "mysqladmin", "ping", "-h", "127.0.0.1", `-u${USER}`, `-p${PASSWORD}`],
    data: "/var/lib/mysql",
  },
  mongo: {
    kinds: { mongolab: "MONGODB", mongodb: "MONGODB", ormongo: "ORMONGO" },
    image: (version) => `mongo:${version ?? "7"}`,
    suffix: "_URI",
    value: (host) => `mongodb://${host}:27017/${DATABASE}`,
    port: 27_017,
    health: ["CMD", "mongosh", "--quiet", "--eval", "db.adminCommand('ping').ok"],
    data: "/data/db",
  },
  memcached: {
    kinds: { memcachier: "MEMCACHIER", memcachedcloud: "MEMCACHEDCLOUD" },
    image: (version) => `memcached:${version ?? "1"}-alpine`,
    suffix: "_SERVERS",
    value: (host) => `${host}:11211`,
    port: 11_211,
    health: ["CMD-SHELL", "echo version | nc 127.0.0.1 11211 | grep -q VERSION"],
  },
  rabbitmq: {
    kinds: { cloudamqp: "CLOUDAMQP", rabbitmq: "RABBITMQ" },
    image: (version) => `rabbitmq:${version ?? "4"}-alpine`,
    suffix: "_URL",
    value: (host) => `amqp://${USER}:${PASSWORD}@${host}:5672`,
    port: 5672,
    environment: { RABBITMQ_DEFAULT_USER: USER, RABBITMQ_DEFAULT_PASS: PASSWORD },
    health: ["CMD", "rabbitmq-diagnostics", "-q", "check_port_connectivity"],
    data: "/var/lib/rabbitmq",
  },
  elasticsearch: {
    kinds: { bonsai: "BONSAI", searchbox: "SEARCHBOX" },
    image: (version) => `elasticsearch:${version ?? "8.19.3"}`,
    suffix: "_URL",
    value: (host) => `http://${host}:9200`,
    port: 9200,
    environment: { "discovery.type": "single-node", "xpack.security.enabled": "false" },
    health: ["CMD", "curl", "-fsS", "http://127.0.0.1:9200/_cluster/health"],
    data: "/usr/share/elasticsearch/data",
  },
};

export interface Addon {
  readonly engine: string;
  readonly service: string;
  readonly spec: Service;
  /** The data's volume, as `spec` names it. */
  readonly volume?: string;
  /** What every process is told. */
  readonly env: Readonly<Record<string, string>>;
}

/** What add-ons become; those that are no engine Cilo has are in `ignored`. A name in `taken` is not given again. */
export function addonsOf(
  wanted: readonly WantedAddon[],
  taken: readonly string[],
): { readonly addons: readonly Addon[]; readonly ignored: readonly string[] } {
  const names = new Set(taken);
  const addons: Addon[] = [];
  const ignored: string[] = [];
  for (const one of wanted) {
    const found = Object.entries(ENGINES).find(([, { kinds }]) => Object.hasOwn(kinds, one.vendor));
    if (found === undefined) ignored.push(one.vendor);
    else addons.push(addonOf(found, one, names));
  }
  return { addons, ignored };
}

function addonOf([engine, what]: [string, Engine], wanted: WantedAddon, names: Set<string>): Addon {
  const service = freeName(engine, names);
  names.add(service);
  const prefix = wanted.as ?? what.kinds[wanted.vendor] ?? engine.toUpperCase();
  const volume = what.data === undefined ? undefined : `${service}-data`;
  return {
    engine,
    service,
    env: { [`${prefix}${what.suffix}`]: what.value(service) },
    ...(volume === undefined ? {} : { volume }),
    spec: {
      image: what.image(wanted.version),
      ...(what.environment === undefined ? {} : { environment: { ...what.environment } }),
      expose: [`${what.port}`],
      healthcheck: { test: [...what.health], interval: "2s", timeout: "5s", retries: 60 },
      ...(volume === undefined ? {} : { volumes: [{ type: "volume", source: volume, target: what.data ?? "" }] }),
    },
  };
}

function freeName(name: string, names: ReadonlySet<string>): string {
  let count = 1;
  while (names.has(count === 1 ? name : `${name}-${count}`)) count += 1;
  return count === 1 ? name : `${name}-${count}`;
}
