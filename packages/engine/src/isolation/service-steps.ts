import type { ServiceStep } from "./service-context.ts";
import { dropStaleAddresses, releaseAddresses } from "./addresses.ts";
import { isolateFiles } from "./files.ts";
import { listHostAccess } from "./host-access.ts";
import { isolateImage } from "./images.ts";
import { dropContainerName, dropProfiles, labelService } from "./marks.ts";
import { convertLinks } from "./links.ts";
import { tellMentions } from "./mentions.ts";
import { isolateMounts } from "./mounts.ts";
import { followNetworkLabels } from "./network-references.ts";
import { nameOnNetworks } from "./networks.ts";
import { unpublishPorts } from "./ports.ts";
import { applyScale } from "./scale.ts";
import { addVariables, addProjectVariable } from "./variables.ts";
import { keepOwnDependencies } from "./sharing/dependencies.ts";

/** What every service goes through, an environment's own as well as a shared one. */
const always: readonly ServiceStep[] = [
  dropContainerName,
  dropProfiles,
  unpublishPorts,
  releaseAddresses,
  dropStaleAddresses,
  isolateMounts,
  isolateFiles,
  isolateImage,
  listHostAccess,
  tellMentions,
  applyScale,
  labelService,
];

/** What isolation does to each service of an environment, in this order. */
export const serviceSteps: readonly ServiceStep[] = [
  nameOnNetworks,
  convertLinks,
  keepOwnDependencies,
  followNetworkLabels,
  ...always,
  addVariables,
];

/** The same for a shared service, which knows its project and no environment. */
export const sharedServiceSteps: readonly ServiceStep[] = [...always, addProjectVariable];
