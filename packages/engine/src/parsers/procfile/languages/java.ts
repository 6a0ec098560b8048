import { type Language, type Plan, firstOf, present } from "../language.ts";
import type { Project } from "../project.ts";
import { lineOf, matchOf, mise, numberOf, toolVersions, versionOf } from "../versions.ts";

const GRADLE = ["gradlew", "build.gradle", "build.gradle.kts"];

export const java: Language = {
  name: "Java",
  id: "JAVA",
  looksFor: ["pom.xml", ...GRADLE],
  buildpacks: ["java", "gradle", "jvm"],
  detect: (project) =>
    firstOf(project, ["pom.xml", ...GRADLE]) === undefined
      ? undefined
      : {
          language: "Java",
          ...versionOf(project, [
            matchOf("system.properties", /^\s*java\.runtime\.version\s*=\s*(\S+)/mu),
            toolVersions("java"),
            mise("java"),
            lineOf(".java-version"),
          ]),
          manager: project.has("pom.xml") ? "maven" : "gradle",
        },
  plan: (project, { version, manager }) => {
    const image = `eclipse-temurin:${numberOf(version.replace(/^1\.(?=\d)/u, ""), "21", 1)}`;
    return manager === "maven" ? mavenPlan(project, image) : gradlePlan(project, image);
  },
};

function mavenPlan(project: Project, image: string): Plan {
  const wrapped = project.has("mvnw");
  const mvn = wrapped ? "sh ./mvnw -B" : "mvn -B";
  return {
    image,
    ...(wrapped ? {} : { packages: ["maven"] }),
    manifests: [...present(project, ["pom.xml", "mvnw"]), ...folders(project, [".mvn"])],
    install: [`${mvn} dependency:go-offline`],
    build: [`${mvn} package -DskipTests`],
    ignore: ["target"],
  };
}

function gradlePlan(project: Project, image: string): Plan {
  const wrapped = project.has("gradlew");
  const gradle = wrapped ? "sh ./gradlew --no-daemon" : "gradle --no-daemon";
  const files = [...GRADLE, "settings.gradle", "settings.gradle.kts", "gradle.properties"];
  return {
    image,
    ...(wrapped ? {} : { packages: ["gradle"] }),
    manifests: [...present(project, files), ...folders(project, ["gradle"])],
    install: [`${gradle} dependencies`],
    build: [`${gradle} build -x test`],
    ignore: ["build", ".gradle"],
  };
}

function folders(project: Project, names: readonly string[]): string[] {
  return names.filter((name) => project.list(name).length > 0).map((name) => `${name}/`);
}
