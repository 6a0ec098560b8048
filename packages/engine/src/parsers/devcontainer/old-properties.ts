import { type JsonObject, isObject } from "./read.ts";

/** `extensions`, `settings` and `devPort` moved below `customizations.vscode`; a configuration may still have them above. */
export function moveOldProperties(value: JsonObject): JsonObject {
  const { extensions, settings, devPort, ...rest } = value;
  if (!extensions && !settings && devPort === undefined) return value;
  const customizations = isObject(value["customizations"]) ? value["customizations"] : {};
  const vscode = isObject(customizations["vscode"]) ? customizations["vscode"] : {};
  const newer = Array.isArray(vscode["extensions"]) ? vscode["extensions"] : [];
  const keepsPort = devPort !== undefined && vscode["devPort"] !== undefined;
  return {
    ...rest,
    ...(extensions || extensions === undefined ? {} : { extensions }),
    ...(settings || settings === undefined ? {} : { settings }),
    ...(keepsPort ? { devPort } : {}),
    customizations: {
      ...customizations,
      vscode: {
        ...vscode,
        ...(Array.isArray(extensions) ? { extensions: [...newer, ...extensions] } : {}),
        ...(isObject(settings) ? { settings: { ...settings, ...membersOf(vscode["settings"]) } } : {}),
        ...(devPort === undefined || keepsPort ? {} : { devPort }),
      },
    },
  };
}

function membersOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
