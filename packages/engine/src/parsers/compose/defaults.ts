import { type Rules, below, rulesOf } from "./pattern.ts";
import { treeText } from "./go-text.ts";
import { type Tree, text } from "./tree.ts";

type Fill = (tree: Tree) => void;

const RULES: Rules<Fill> = rulesOf<Fill>({
  "services.*.build": (tree) => fill(tree, "context", "."),
  "services.*.secrets.*": (tree) => {
    const source = tree.kind === "map" ? tree.entries.get("source") : undefined;
    fill(tree, "target", `/run/secrets/${source === undefined ? "" : treeText(source)}`);
  },
  "services.*.ports.*": (tree) => {
    fill(tree, "protocol", "tcp");
    fill(tree, "mode", "ingress");
  },
  "services.*.deploy.resources.reservations.devices.*": deviceCount,
  "services.*.gpus.*": deviceCount,
});

/** Puts in what an attribute means when it is left out. */
export function setDefaults(project: Tree): void {
  walk(project, RULES);
}

function walk(tree: Tree, rules: Rules<Fill>): void {
  if (rules.rule !== undefined) rules.rule(tree);
  else if (tree.kind === "list") {
    if (rules.any !== undefined) for (const item of tree.items) walk(item, rules.any);
  } else if (tree.kind === "map") {
    for (const [key, value] of tree.entries) {
      const next = below(rules, key);
      if (next !== undefined) walk(value, next);
    }
  }
}

function fill(tree: Tree, key: string, value: string): void {
  if (tree.kind === "map" && !tree.entries.has(key)) tree.entries.set(key, text(value, tree));
}

function deviceCount(tree: Tree): void {
  if (tree.kind === "map" && !tree.entries.has("device_ids")) fill(tree, "count", "all");
}
