import { type Detection, type Language, type Plan, firstOf, present } from "../language.ts";
import type { Project } from "../project.ts";
import { lineOf, matchOf, mise, numberOf, toolVersions, versionOf } from "../versions.ts";

const FILES = ["requirements.txt", "uv.lock", "poetry.lock", "Pipfile", "pyproject.toml", "setup.py"];

export const python: Language = {
  name: "Python",
  id: "PYTHON",
  looksFor: FILES,
  buildpacks: ["python"],
  detect: (project) => {
    if (firstOf(project, FILES) === undefined) return undefined;
    const version = versionOf(project, [
      lineOf(".python-version"),
      lineOf("runtime.txt", (line) => line.replace(/^python-/u, "")),
      matchOf("pyproject.toml", /^requires-python\s*=\s*["']([^"']+)["']/mu),
      matchOf("pyproject.toml", /^python\s*=\s*["']([^"']+)["']/mu),
      matchOf("Pipfile", /^python_(?:full_)?version\s*=\s*["']([^"']+)["']/mu),
      toolVersions("python"),
      mise("python"),
    ]);
    return { language: "Python", ...version, manager: managerOf(project) };
  },
  plan,
};

function managerOf(project: Project): string {
  if (project.has("uv.lock")) return "uv";
  if (project.has("poetry.lock")) return "poetry";
  if (project.has("Pipfile")) return "pipenv";
  if (project.has("requirements.txt")) return "pip";
  const pyproject = project.text("pyproject.toml") ?? "";
  return /^\[tool\.poetry\]/mu.test(pyproject) ? "poetry" : /^\[tool\.uv\]/mu.test(pyproject) ? "uv" : "pip";
}

/** What each manager is got by, and how it installs into the virtual environment. */
const INSTALL: Readonly<Record<string, { readonly tool?: string; readonly command: (project: Project) => string }>> = {
  uv: {
    tool: "uv",
    command: (project) => `uv sync ${project.has("uv.lock") ? "--locked " : ""}--no-install-project`,
  },
  poetry: { tool: "poetry", command: () => "poetry install --no-root" },
  pipenv: {
    tool: "pipenv",
    command: (project) => `pipenv install ${project.has("Pipfile.lock") ? "--deploy" : "--skip-lock"}`,
  },
  pip: {
    command: (project) => (project.has("requirements.txt") ? "pip install -r requirements.txt" : "pip install ."),
  },
};

function plan(project: Project, { version, manager }: Detection): Plan {
  const how = INSTALL[manager];
  const requirements = project.text("requirements.txt") ?? "";
  const start = firstOf(project, ["manage.py", "main.py", "app.py"]);
  return {
    image: `python:${numberOf(version, "3.13")}-slim`,
    packages: ["gcc", "libpq-dev", "git"],
    env: {
      VIRTUAL_ENV: "/opt/venv",
      UV_PROJECT_ENVIRONMENT: "/opt/venv",
      PATH: "/opt/venv/bin:$PATH",
      PYTHONUNBUFFERED: "1",
    },
    setup: [
      ...(how?.tool === undefined ? [] : [`pip install ${how.tool}`]),
      "python -m venv /opt/venv && chown -R 1000:1000 /opt/venv",
    ],
    manifests: [
      ...present(project, [...FILES, "Pipfile.lock", "setup.cfg"]),
      ...(/^-[rc]\s/mu.test(requirements) ? included(project, requirements) : []),
    ],
    install: how === undefined ? [] : [how.command(project)],
    needsSource:
      /^(?:-e\s+)?\.(?:\s|\/|$)/mu.test(requirements) ||
      (manager === "pip" && requirements === "" && !project.has("requirements.txt")),
    ignore: [".venv", "venv", "__pycache__"],
    ...(start === undefined
      ? {}
      : { start: start === "manage.py" ? "python manage.py runserver 0.0.0.0:$PORT" : `python ${start}` }),
  };
}

/** Files that requirements.txt takes in, inside the project. */
function included(project: Project, requirements: string): string[] {
  return [...requirements.matchAll(/^-[rc]\s+(\S+)/gmu)].flatMap(([, file]) =>
    file !== undefined && !file.includes("..") && project.has(file) ? [file.replace(/^\.\//u, "")] : [],
  );
}
