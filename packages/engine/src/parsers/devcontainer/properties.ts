import type { Problem } from "@cilo/base";
import type { Source } from "./read.ts";
import * as shape from "./shapes.ts";
import type { Shape } from "./shapes.ts";

export interface DevcontainerProperty {
  readonly name: string;
  readonly state: "done" | "carried" | "ignored";
  /** What becomes of it. */
  readonly how: string;
  /** May also come from the image's label `devcontainer.metadata`. */
  readonly inLabel: boolean;
}

interface Rule {
  readonly is: Shape;
  /** What a text may be; another word is told, and the default holds. */
  readonly words?: readonly string[];
  readonly how: string;
  readonly state?: "carried" | "ignored";
  readonly inLabel?: true;
}

const portAttributes = shape.membersOf(
  { label: shape.text, protocol: shape.text, onAutoForward: shape.text },
  "attributes of a port",
);
const once = "in the container as `remoteUser`, once for each container";

/** Every property of devContainer.json that is known, and what Cilo does with it. */
const RULES: Readonly<Record<string, Rule>> = {
  $schema: { is: shape.text, state: "ignored", how: "for editors" },
  name: { is: shape.text, state: "carried", how: "display only" },
  image: { is: shape.text, how: "the image of the service `dev`" },
  build: {
    is: shape.membersOf(
      {
        dockerfile: shape.text,
        context: shape.text,
        target: shape.text,
        args: shape.textMap,
        cacheFrom: shape.textOrTexts,
        options: shape.texts,
      },
      "an object",
    ),
    how: "the build of the service `dev`, from the environment's own copy; of `options` `--add-host`, `--label`, `--network`, `--no-cache`, `--platform`, `--pull`, `--shm-size` and what other members say",
  },
  dockerFile: { is: shape.text, how: "older name of `build.dockerfile`" },
  context: { is: shape.text, how: "older name of `build.context`" },
  dockerComposeFile: {
    is: shape.textOrTexts,
    how: "read as a Compose project; an empty list means the default files of the project folder",
  },
  service: { is: shape.text, how: "the service of the Compose project that is entered" },
  runServices: { is: shape.texts, how: "with `service` and what they depend on, what is started; absent: all" },
  workspaceFolder: { is: shape.text, how: "where commands start" },
  workspaceMount: {
    is: shape.text,
    how: "the environment's own copy is mounted in the project's place; empty: nothing is",
  },
  features: {
    is: shape.mapOf(
      shape.either("options of a Feature", shape.text, shape.flag, shape.object),
      "an object of Features and their options",
    ),
    how: "built into the image by `@devcontainers/cli`",
  },
  overrideFeatureInstallOrder: { is: shape.texts, how: "handed to `@devcontainers/cli`" },
  overrideCommand: {
    is: shape.flag,
    inLabel: true,
    how: "true (default but for Compose): the container is kept running in place of the image's command",
  },
  initializeCommand: {
    is: shape.command,
    how: "on the host, in the environment's copy when it is made, once the user has allowed it; not again, since the copy may then have been edited from inside",
  },
  onCreateCommand: { is: shape.command, inLabel: true, how: once },
  updateContentCommand: { is: shape.command, inLabel: true, how: once },
  postCreateCommand: { is: shape.command, inLabel: true, how: once },
  postStartCommand: { is: shape.command, inLabel: true, how: "the same, each time the container was started" },
  postAttachCommand: { is: shape.command, inLabel: true, how: "the same, after `up` and before each `cilo shell`" },
  waitFor: {
    is: shape.text,
    words: [
      "initializeCommand",
      "onCreateCommand",
      "updateContentCommand",
      "postCreateCommand",
      "postStartCommand",
      "postAttachCommand",
    ],
    inLabel: true,
    how: "with `--no-wait`, the last command that `up` waits for; otherwise it waits for all",
  },
  forwardPorts: {
    is: shape.listOf(shape.textOrNumber, "a list of ports"),
    inLabel: true,
    how: "ports of the service, or of the one named before the colon; not taken on the host",
  },
  appPort: {
    is: shape.either("a port or a list of ports", shape.textOrNumber, shape.listOf(shape.textOrNumber, "")),
    how: "as `forwardPorts`; the host port is remembered, not taken",
  },
  portsAttributes: {
    is: shape.mapOf(portAttributes, "an object of attributes by port"),
    inLabel: true,
    how: "`label` and `protocol` name the port and choose http or https; the others are for editors",
  },
  otherPortsAttributes: { is: portAttributes, inLabel: true, how: "the same for the other ports" },
  containerEnv: { is: shape.textMap, inLabel: true, how: "variables of the container" },
  remoteEnv: { is: shape.nullableTextMap, inLabel: true, how: "variables of what is run in it; null takes one away" },
  containerUser: { is: shape.text, inLabel: true, how: "the container's user" },
  remoteUser: { is: shape.text, inLabel: true, how: "as whom it is entered; absent: as the container's user" },
  updateRemoteUserUID: {
    is: shape.flag,
    inLabel: true,
    how: "the user gets the id of the copy's owner, in the image; not when that owner is root",
  },
  userEnvProbe: {
    is: shape.text,
    words: ["none", "loginInteractiveShell", "interactiveShell", "loginShell"],
    inLabel: true,
    how: "the shell whose variables commands get",
  },
  mounts: {
    is: shape.listOf(shape.mount, "a list of mounts"),
    inLabel: true,
    how: "a volume is the environment's own; a folder of the project is the copy's; of the same target the last counts",
  },
  runArgs: { is: shape.texts, how: "read as flags of `docker run` (see below); what is not known is told" },
  init: { is: shape.flag, inLabel: true, how: "as in Compose" },
  privileged: { is: shape.flag, inLabel: true, how: "as in Compose; listed as shared with the host" },
  capAdd: { is: shape.texts, inLabel: true, how: "as in Compose; listed as shared with the host" },
  securityOpt: { is: shape.texts, inLabel: true, how: "as in Compose; listed as shared with the host" },
  hostRequirements: {
    is: shape.membersOf(
      {
        cpus: shape.textOrNumber,
        memory: shape.textOrNumber,
        storage: shape.textOrNumber,
        gpu: shape.either('true, false, "optional" or an object', shape.flag, shape.text, shape.object),
      },
      "an object",
    ),
    inLabel: true,
    how: "told where the machine has less; a required GPU is reserved",
  },
  secrets: {
    is: shape.mapOf(shape.object, "an object of secrets"),
    how: "variables of that name are handed to commands from the caller's, and are stored nowhere",
  },
  shutdownAction: {
    is: shape.text,
    words: ["none", "stopContainer", "stopCompose"],
    state: "ignored",
    inLabel: true,
    how: "an environment is stopped by `cilo down`",
  },
  customizations: { is: shape.object, state: "carried", inLabel: true, how: "in the container's label, for editors" },
  extensions: { is: shape.texts, state: "carried", how: "older place of `customizations.vscode.extensions`" },
  settings: { is: shape.object, state: "carried", how: "older place of `customizations.vscode.settings`" },
  devPort: { is: shape.anything, state: "carried", how: "older place of `customizations.vscode.devPort`" },
};

/** The properties that are known, in the order of docs/SUPPORTED_FORMATS.md. */
export function devcontainerProperties(): readonly DevcontainerProperty[] {
  return Object.entries(RULES).map(([name, rule]) => ({
    name,
    state: rule.state ?? "done",
    how: rule.how,
    inLabel: rule.inLabel ?? false,
  }));
}

/** Properties an image's label may have, in the reference's order of merging. */
export function isLabelProperty(name: string): boolean {
  return Object.hasOwn(RULES, name) && RULES[name]?.inLabel === true;
}

/** Values of another kind than their property takes. */
export function wrongValues(source: Source): Problem[] {
  return Object.entries(source.value).flatMap(([name, value]) => {
    const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
    const wrong = rule?.is.wrong(value);
    if (rule === undefined || wrong === undefined || value === null) return [];
    const path = [name, ...wrong];
    return [source.problem(path, `${name} must be ${rule.is.expected}`)];
  });
}

/** Words that a property does not know, with what it does. */
export function unknownWords(source: Source): Problem[] {
  return Object.entries(source.value).flatMap(([name, value]) => {
    const words = Object.hasOwn(RULES, name) ? RULES[name]?.words : undefined;
    if (words === undefined || typeof value !== "string" || words.includes(value)) return [];
    return [source.problem([name], `${name} ${JSON.stringify(value)} is none of ${words.join(", ")} and is not used`)];
  });
}

/** Names nobody knows; `x-…` is anybody's. */
export function unknownProperties(source: Source): string[] {
  return Object.keys(source.value).filter((name) => !Object.hasOwn(RULES, name) && !name.startsWith("x-"));
}
