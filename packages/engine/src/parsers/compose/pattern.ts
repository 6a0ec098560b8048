/**
 * Rules that belong to places of a project, e.g. `services.*.ports.*`. `*` is any member of a map or item of a list.
 * Looking them up walks the rules along with the project, so a rule costs nothing where it cannot apply.
 */
export interface Rules<T> {
  readonly rule?: T;
  readonly members: ReadonlyMap<string, Rules<T>>;
  readonly any?: Rules<T>;
}

interface Building<T> {
  rule?: T;
  members: Map<string, Building<T>>;
  any?: Building<T>;
}

/** Rules by dotted place. */
export function rulesOf<T>(table: Readonly<Record<string, T>>): Rules<T> {
  const root: Building<T> = { members: new Map() };
  for (const [place, rule] of Object.entries(table)) {
    let node = root;
    for (const part of place.split(".")) node = part === "*" ? (node.any ??= { members: new Map() }) : step(node, part);
    node.rule = rule;
  }
  return root;
}

function step<T>(node: Building<T>, part: string): Building<T> {
  const found = node.members.get(part) ?? { members: new Map() };
  node.members.set(part, found);
  return found;
}

/** The rules below a member; a rule for the name goes before one for any. `undefined`: none from here on. */
export function below<T>(rules: Rules<T> | undefined, key: string): Rules<T> | undefined {
  return rules === undefined ? undefined : (rules.members.get(key) ?? rules.any);
}
