import { cloudShapes } from "../contract/cloud-shapes.ts";
import { failure, shapes } from "../contract/shapes.ts";
import { GENERATED } from "./generated.ts";
import { typeText } from "./type-text.ts";

/** docs/reference/json.md */
export function jsonPage(): string {
  return [
    "# What --json prints",
    GENERATED,
    "Every command takes `--json` and then prints one JSON value on stdout. It is a contract: fields are added, never\nchanged or removed, so read the ones you know. Progress, notices and the one-line error stay on stderr.",
    "## A failure of any command",
    block(typeText(failure)),
    ...Object.entries({ ...shapes, ...cloudShapes }).flatMap(([command, shape]) => [
      `## cilo ${command}`,
      ...(shape.description === undefined
        ? []
        : [`${shape.description[0]?.toUpperCase()}${shape.description.slice(1)}.`]),
      block(typeText(shape)),
    ]),
  ]
    .join("\n\n")
    .concat("\n");
}

function block(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``;
}
