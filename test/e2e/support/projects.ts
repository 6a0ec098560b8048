import type { Files } from "./files.ts";

/**
 * A web service that serves a mounted folder and a database of sorts that keeps a file in a named volume: busybox
 * alone, up in a second. Publishes a fixed host port and sets `container_name`, as real projects do.
 */
export const smallProject = {
  "compose.yml": `name: small
services:
  web:
    image: busybox:latest
    container_name: small-web
    command: ["httpd", "-f", "-p", "80", "-h", "/www"]
    ports: ["18080:80"]
    volumes: ["./www:/www"]
    depends_on:
      db: { condition: service_healthy }
    stop_grace_period: 0s
  db:
    image: busybox:latest
    container_name: small-db
    command: ["sh", "-c", "touch /data/ready && exec httpd -f -p 5432 -h /data"]
    volumes: ["data:/data"]
    healthcheck:
      test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:5432/ready"]
      interval: 1s
      retries: 30
    stop_grace_period: 0s
volumes:
  data:
    name: small-data
`,
  "www/index.html": "small\n",
} satisfies Files;

/** One busybox web server on port 80 without anything around it: the quickest project there is. */
export function oneService(name: string, text = name): { "compose.yml": string; "www/index.html": string } {
  return {
    "compose.yml": `name: ${name}
services:
  web:
    image: busybox:latest
    command: ["httpd", "-f", "-p", "80", "-h", "/www"]
    ports: ["18081:80"]
    volumes: ["./www:/www:ro"]
    stop_grace_period: 0s
`,
    "www/index.html": `${text}\n`,
  };
}
