import { type Problems, attributePath } from "./problems.ts";
import { type Rules, below, rulesOf } from "./pattern.ts";
import { type Lookup, RequiredFault, TemplateFault, substitute } from "./template.ts";
import { type Tree, type TreeScalar, bool, float, int, text } from "./tree.ts";

export interface InterpolateOptions {
  readonly lookup: Lookup;
  readonly problems: Problems;
  readonly onWarning: (message: string) => void;
}

type Cast = "int" | "float" | "float32" | "bool";

/** Attributes whose text is read as a number or boolean once its variables are in. */
const CASTS: Rules<Cast> = rulesOf<Cast>({
  "services.*.configs.*.mode": "int",
  "services.*.cpu_count": "int",
  "services.*.cpu_percent": "float",
  "services.*.cpu_period": "int",
  "services.*.cpu_quota": "int",
  "services.*.cpu_rt_period": "int",
  "services.*.cpu_rt_runtime": "int",
  "services.*.cpus": "float32",
  "services.*.cpu_shares": "int",
  "services.*.init": "bool",
  "services.*.deploy.replicas": "int",
  "services.*.deploy.update_config.parallelism": "int",
  "services.*.deploy.update_config.max_failure_ratio": "float",
  "services.*.deploy.rollback_config.parallelism": "int",
  "services.*.deploy.rollback_config.max_failure_ratio": "float",
  "services.*.deploy.restart_policy.max_attempts": "int",
  "services.*.deploy.placement.max_replicas_per_node": "int",
  "services.*.healthcheck.retries": "int",
  "services.*.healthcheck.disable": "bool",
  "services.*.oom_kill_disable": "bool",
  "services.*.oom_score_adj": "int",
  "services.*.pids_limit": "int",
  "services.*.ports.*.target": "int",
  "services.*.privileged": "bool",
  "services.*.read_only": "bool",
  "services.*.scale": "int",
  "services.*.secrets.*.mode": "int",
  "services.*.stdin_open": "bool",
  "services.*.tty": "bool",
  "services.*.ulimits.*": "int",
  "services.*.ulimits.*.hard": "int",
  "services.*.ulimits.*.soft": "int",
  "services.*.volumes.*.read_only": "bool",
  "services.*.volumes.*.volume.nocopy": "bool",
  "networks.*.external": "bool",
  "networks.*.internal": "bool",
  "networks.*.attachable": "bool",
  "networks.*.enable_ipv4": "bool",
  "networks.*.enable_ipv6": "bool",
  "volumes.*.external": "bool",
  "secrets.*.external": "bool",
  "configs.*.external": "bool",
});

/** The project file with its variables put in, in place. What cannot be substituted is reported and left. */
export function interpolate(root: Tree, options: InterpolateOptions): Tree {
  return walk(root, [], CASTS, options);
}

function walk(
  tree: Tree,
  path: (string | number)[],
  casts: Rules<Cast> | undefined,
  options: InterpolateOptions,
): Tree {
  if (tree.kind === "scalar") return scalar(tree, path, casts?.rule, options);
  if (tree.kind === "list") {
    for (const [index, item] of tree.items.entries()) {
      path.push(index);
      tree.items[index] = walk(item, path, casts?.any, options);
      path.pop();
    }
    return tree;
  }
  for (const [key, value] of tree.entries) {
    path.push(key);
    tree.entries.set(key, walk(value, path, below(casts, key), options));
    path.pop();
  }
  return tree;
}

function scalar(
  tree: TreeScalar,
  path: readonly (string | number)[],
  cast: Cast | undefined,
  options: InterpolateOptions,
): Tree {
  if (tree.type !== "string" || typeof tree.value !== "string") return tree;
  try {
    const value = substitute(tree.value, {
      lookup: options.lookup,
      onUnset: (name) => options.onWarning(`the variable ${name} is not set; it is taken as empty`),
    });
    if (cast !== undefined) return castTo(cast, value, tree, options);
    return value === tree.value ? tree : text(value, tree);
  } catch (error) {
    if (!(error instanceof TemplateFault || error instanceof RequiredFault || error instanceof CastFault)) throw error;
    const template = error instanceof TemplateFault;
    options.problems.add({
      message: template ? `${JSON.stringify(tree.value.slice(0, 200))}: ${error.message}` : error.message,
      ...(template ? { hint: "Write $$ for a dollar sign" } : {}),
      ...(error instanceof RequiredFault ? { hint: `Set ${error.variable} in the environment or in .env` } : {}),
      attribute: attributePath(path),
      place: { source: tree.source, at: tree.at },
    });
    return tree;
  }
}

class CastFault extends Error {}

function castTo(cast: Cast, value: string, origin: TreeScalar, options: InterpolateOptions): TreeScalar {
  if (cast === "bool") return bool(castBool(value, options), origin);
  if (cast === "int") {
    const whole = parseGoInt(value);
    if (whole === undefined) throw new CastFault(`expected a whole number, not ${JSON.stringify(value)}`);
    return int(whole, origin);
  }
  const number = parseGoFloat(value);
  if (number === undefined) throw new CastFault(`expected a number, not ${JSON.stringify(value)}`);
  return float(cast === "float32" ? shortFloat32(number) : number, origin);
}

function castBool(value: string, options: InterpolateOptions): boolean {
  switch (value.toLowerCase()) {
    case "true":
      return true;
    case "false":
      return false;
    case "y":
    case "yes":
    case "on":
      options.onWarning(`${JSON.stringify(value)} is no boolean of YAML 1.2; write true`);
      return true;
    case "n":
    case "no":
    case "off":
      options.onWarning(`${JSON.stringify(value)} is no boolean of YAML 1.2; write false`);
      return false;
    default:
      throw new CastFault(`expected true or false, not ${JSON.stringify(value)}`);
  }
}

/** A decimal whole number of 64 bits, as Go's `strconv` reads it. */
export function parseGoInt(value: string): number | bigint | undefined {
  if (!/^[-+]?\d+$/u.test(value)) return undefined;
  const small = Number(value);
  if (Number.isSafeInteger(small)) return small === 0 ? 0 : small;
  const large = BigInt(value.startsWith("+") ? value.slice(1) : value);
  return large >= -(2n ** 63n) && large < 2n ** 63n ? large : undefined;
}

/** A floating-point number, as Go's `strconv` reads it. */
export function parseGoFloat(value: string): number | undefined {
  if (/^[-+]?inf(?:inity)?$/iu.test(value)) return value.startsWith("-") ? -Infinity : Infinity;
  if (/^[-+]?nan$/iu.test(value)) return Number.NaN;
  if (/_(?![\da-f])|(?<![\dxa-f])_/iu.test(value)) return undefined;
  const plain = value.replaceAll("_", "");
  const hex = /^([-+]?)0x([\da-f]*)\.?([\da-f]*)p([-+]?\d+)$/iu.exec(plain);
  const number = hex === null ? decimalFloat(plain) : hexFloat(hex);
  return number !== undefined && Number.isFinite(number) ? number : undefined;
}

function decimalFloat(plain: string): number | undefined {
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/iu.test(plain) ? Number(plain) : undefined;
}

function hexFloat([, sign = "", whole = "", fraction = "", exponent = "0"]: RegExpExecArray): number | undefined {
  if (whole === "" && fraction === "") return undefined;
  const mantissa = Number.parseInt(`${whole}${fraction}`, 16) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === "-" ? -mantissa : mantissa;
}

/** The number of 32 bits nearest to it, as the shortest decimal that means it. */
export function shortFloat32(value: number): number {
  const single = Math.fround(value);
  if (!Number.isFinite(single) || single === value) return single;
  for (let digits = 1; digits <= 9; digits++) {
    const decimal = Number(single.toPrecision(digits));
    if (Math.fround(decimal) === single) return decimal;
  }
  return single;
}
