import type { Tree, TreeScalar } from "./tree.ts";

/** A scalar as text, spelled as the reference spells it: `1.50` is `1.5`, `1e6` is `1e+06`. */
export function scalarText(scalar: TreeScalar): string {
  if (scalar.type === "float" && typeof scalar.value === "number") return floatText(scalar.value);
  return scalar.value === null ? "<nil>" : String(scalar.value);
}

/** Text of any value, for places where the reference prints whatever it finds. */
export function treeText(tree: Tree): string {
  switch (tree.kind) {
    case "scalar":
      return scalarText(tree);
    case "list":
      return `[${tree.items.map(treeText).join(" ")}]`;
    case "map": {
      const members = [...tree.entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
      return `map[${members.map(([key, value]) => `${key}:${treeText(value)}`).join(" ")}]`;
    }
  }
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [digits = "0", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
