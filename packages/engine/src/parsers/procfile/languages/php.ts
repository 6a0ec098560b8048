import { type Language, firstOf, present } from "../language.ts";
import { isRecord, jsonOf, mise, numberOf, readJson, toolVersions, versionOf } from "../versions.ts";

/** Extensions that are in PHP's image from the start, and packages that others are built with. */
const BUILT_IN: ReadonlySet<string> = new Set(
  "ctype curl date dom fileinfo filter hash iconv json libxml mbstring openssl pcre pdo phar posix readline session simplexml sodium spl sqlite3 tokenizer xml xmlreader xmlwriter zlib".split(
    " ",
  ),
);
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  gd: ["libpng-dev"],
  intl: ["libicu-dev"],
  pdo_pgsql: ["libpq-dev"],
  pgsql: ["libpq-dev"],
  zip: ["libzip-dev"],
};

/** Apache puts the variables in; printf the line ends. */
const SITE = [
  "<VirtualHost *:${PORT}>",
  "DocumentRoot ${DOCROOT}",
  "</VirtualHost>",
  "<Directory /app>",
  "AllowOverride All",
  "Require all granted",
  "</Directory>",
  "",
].join(String.raw`\n`);

export const php: Language = {
  name: "PHP",
  id: "PHP",
  looksFor: ["composer.json", "index.php"],
  buildpacks: ["php"],
  detect: (project) =>
    firstOf(project, ["composer.json", "index.php"]) === undefined
      ? undefined
      : {
          language: "PHP",
          ...versionOf(project, [
            jsonOf("composer.json", "require", "php"),
            jsonOf("composer.json", "config", "platform", "php"),
            toolVersions("php"),
            mise("php"),
          ]),
          manager: "composer",
        },
  plan: (project, { version }) => {
    const required = readJson(project, "composer.json")["require"];
    const extensions = Object.keys(isRecord(required) ? required : {})
      .flatMap((name) => /^ext-([a-z0-9_]+)$/u.exec(name)?.[1] ?? [])
      .filter((name) => !BUILT_IN.has(name));
    const composed = project.has("composer.json");
    const docroot = firstOf(project, ["public/index.php", "web/index.php"])?.split("/")[0] ?? "";
    return {
      image: `php:${numberOf(version, "8.4", 2)}-apache`,
      packages: ["git", "unzip", ...extensions.flatMap((name) => NEEDS[name] ?? [])],
      env: { APACHE_RUN_DIR: "/tmp", APACHE_PID_FILE: "/tmp/apache2.pid" },
      setup: [
        ...(extensions.length === 0 ? [] : [`docker-php-ext-install ${extensions.join(" ")}`]),
        ...(composed
          ? [
              "curl -fsSL https://getcomposer.org/download/latest-stable/composer.phar -o /usr/local/bin/composer && chmod +x /usr/local/bin/composer",
            ]
          : []),
        "a2enmod rewrite",
        [
          "printf '",
          String.raw`#!/bin/sh\nexport DOCROOT="/app/$1"\nexec apache2-foreground\n`,
          "' > /usr/local/bin/heroku-php-apache2 && chmod +x /usr/local/bin/heroku-php-apache2 && ln -s heroku-php-apache2 /usr/local/bin/heroku-php-nginx",
        ].join(""),
        `printf '${SITE}' > /etc/apache2/sites-enabled/000-default.conf && printf 'Listen \${PORT}\\n' > /etc/apache2/ports.conf`,
      ],
      manifests: present(project, ["composer.json", "composer.lock"]),
      install: composed ? ["composer install --no-interaction --no-scripts --no-autoloader"] : [],
      build: composed ? ["composer dump-autoload"] : [],
      ignore: composed ? ["vendor"] : [],
      start: `heroku-php-apache2 ${docroot}`.trim(),
    };
  },
};
